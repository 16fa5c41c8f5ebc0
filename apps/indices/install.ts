import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../service/log.ts';
import type { IndicesConfig, JsonObject } from './config.ts';
import { type SearchClient, SearchRefusal } from './search-client.ts';

const PAUSE_MS = 1_000;

/** ISM's error for an index that has a policy already. */
const MANAGED = /already has a policy/;

type Declaration = Pick<IndicesConfig, 'product' | 'prefix' | 'template' | 'policy'>;

/**
 * Installs the index template and the lifecycle policy, and attaches the policy to existing indices. Idempotent.
 * Retries until the deadline while the cluster is unreachable or overloaded.
 *
 * @throws {Error} at once if the cluster rejects a request for good; at the deadline with the last error
 */
export async function install(
  client: SearchClient,
  declaration: Declaration,
  { deadlineMs, log }: { readonly deadlineMs: number; readonly log: Log },
): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    try {
      await (declaration.product === 'elasticsearch'
        ? installWithIlm(client, declaration)
        : installWithIsm(client, declaration, log));
      return;
    } catch (error) {
      if (isLasting(error)) throw error;
      if (performance.now() > deadline)
        throw new Error(`the search cluster did not take template and policy within ${deadlineMs} ms`, {
          cause: error,
        });
      log.warn({ err: error }, 'the search cluster refused, trying again');
    }
    await sleep(PAUSE_MS);
  }
}

/** Whether a retry would fail as well; 409 (concurrent write) and 429 (full queue) pass. */
function isLasting(error: unknown): boolean {
  return error instanceof SearchRefusal && error.status < 500 && ![408, 409, 429].includes(error.status);
}

/** Installs the policy first, since the template and the indices refer to it. */
async function installWithIlm(
  client: SearchClient,
  { prefix, template, policy }: Declaration,
): Promise<void> {
  await client.send('PUT', `/_ilm/policy/${prefix}`, { policy });
  await client.send('PUT', `/_index_template/${prefix}`, template);
  await client.send('PUT', `/${prefix}-*/_settings?allow_no_indices=true`, {
    'index.lifecycle.name': prefix,
  });
}

/**
 * ISM attaches a policy by its index pattern to new indices only. Attach it to existing indices, and update it on those
 * that have an older version.
 */
async function installWithIsm(
  client: SearchClient,
  { prefix, template, policy }: Declaration,
  log: Log,
): Promise<void> {
  await client.send('PUT', `/_index_template/${prefix}`, template);
  const path = `/_plugins/_ism/policies/${prefix}`;
  await client.send('PUT', `${path}${await versionOf(client, path)}`, { policy });
  const added = await client.send('POST', `/_plugins/_ism/add/${prefix}-*`, { policy_id: prefix });
  const others = failuresOf(added).filter(({ reason }) => !MANAGED.test(reason));
  for (const failure of others) log.warn({ failure }, 'an index was not given the policy');
  // ISM returns an error if no index matches.
  if (others.length === failuresOf(added).length) return;
  const changed = await client.send('POST', `/_plugins/_ism/change_policy/${prefix}-*`, {
    policy_id: prefix,
  });
  for (const failure of failuresOf(changed)) log.warn({ failure }, 'an index keeps the policy that it had');
}

/** Query parameters with the version of an existing policy, required to replace it; empty if there is none. */
async function versionOf(client: SearchClient, path: string): Promise<string> {
  try {
    const { _seq_no: seqNo, _primary_term: term } = await client.send('GET', path);
    return `?if_seq_no=${String(seqNo)}&if_primary_term=${String(term)}`;
  } catch (error) {
    if (error instanceof SearchRefusal && error.status === 404) return '';
    throw error;
  }
}

interface FailedIndex {
  readonly index_name: string;
  readonly reason: string;
}

function failuresOf({ failed_indices: failed = [] }: JsonObject): readonly FailedIndex[] {
  return failed as readonly FailedIndex[];
}
