import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../service/log.ts';
import type { IndicesConfig, JsonObject } from './config.ts';
import { type SearchClient, SearchRefusal } from './search-client.ts';

const PAUSE_MS = 1_000;

/** Why ISM does not add a policy to an index that has one. */
const MANAGED = /already has a policy/;

type Declaration = Pick<IndicesConfig, 'product' | 'prefix' | 'template' | 'policy'>;

/**
 * Brings the index template and the lifecycle policy into the search cluster, and gives the policy to the indices that are
 * there. The same again changes nothing. A cluster that is away or busy is asked again until the deadline.
 *
 * @throws {Error} at once where the cluster refuses what it is sent; at the deadline what went wrong last
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

/** What will be refused again: 409 is another writer, 429 a full queue, and a wait helps against both. */
function isLasting(error: unknown): boolean {
  return error instanceof SearchRefusal && error.status < 500 && ![408, 409, 429].includes(error.status);
}

/** The policy first: the template names it, and so do the indices. */
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

/** The policy names the indices that it is for; those that are there have to be given it, and given a changed one. */
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
  // Asked with no index that it could mean, ISM answers with an error.
  if (others.length === failuresOf(added).length) return;
  const changed = await client.send('POST', `/_plugins/_ism/change_policy/${prefix}-*`, {
    policy_id: prefix,
  });
  for (const failure of failuresOf(changed)) log.warn({ failure }, 'an index keeps the policy that it had');
}

/** By which a policy that is there is replaced; nothing where there is none. */
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
