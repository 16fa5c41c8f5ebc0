import { parseArgs } from 'node:util';
import { walkChain, type ChainStore } from '../chain/walk-chain.ts';
import { BadLinkError, chainPrefix, LinkKeys, type ChainId } from '../object/segment.ts';
import { printRelease, readRelease, releasable, releaseKey, type Release } from '../chain/resumes.ts';
import type { StoreConfig } from '../config.ts';

export const usage = `usage: npx headwater release --chain TOPIC/TOPIC_ID/PARTITION --accept REASON --at OFFSET ...

Lets a partition go on that the consumer has stopped.
  --accept bad-link --end OFFSET            the link that starts at --at ends at --end
  --accept truncated-log --leader-epoch N   what Kafka holds below --at since epoch N is never stored;
                                            what is stored of the lost history stays
  --accept unreadable-batch --end OFFSET    the offsets from --at to --end are given up, recorded as a gap

The consumer's log line of the stop names all of them. STORE_* and the credentials are those of the consumer.
Exit code: 0 the decision is written, 1 it is not, and why is said.`;

/** What was asked for cannot be done, in words for whoever asked. */
export class ReleaseError extends Error {
  override readonly name = 'ReleaseError';
}

export interface ReleaseRequest {
  readonly chain: ChainId;
  readonly release: Release;
}

/** @throws {ReleaseError} */
export function readRequest(args: readonly string[]): ReleaseRequest | 'help' {
  const options = {
    chain: { type: 'string' },
    accept: { type: 'string' },
    at: { type: 'string' },
    end: { type: 'string' },
    'leader-epoch': { type: 'string' },
    help: { type: 'boolean' },
  } as const;
  let values;
  try {
    values = parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new ReleaseError(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
  }
  const { chain = '', accept = '', at, end, 'leader-epoch': epoch, help = false } = values;
  if (help) return 'help';
  const [, topic, topicId, partition] = /^([\w.-]+)\/([\w-]{22})\/(\d{1,10})$/.exec(chain) ?? [];
  if (topic === undefined || topicId === undefined) {
    throw new ReleaseError(`--chain must be TOPIC/TOPIC_ID/PARTITION, got "${chain}"\n${usage}`);
  }
  const number = (text: string | undefined): number =>
    text !== undefined && /^\d{1,16}$/.test(text) ? Number(text) : -1;
  const written = { accepts: accept, at: number(at), end: number(end), leaderEpoch: number(epoch) };
  const reason = releasable.find((known) => known === accept);
  const release =
    reason === undefined || number(at) < 0
      ? undefined
      : readRelease(Buffer.from(JSON.stringify(written)), { reason, at: number(at) });
  if (release === undefined) throw new ReleaseError(`got "${args.join(' ')}"\n${usage}`);
  return { chain: { topic, topicId, partition: Number(partition) }, release };
}

export interface ReleaseStore extends ChainStore {
  putIfAbsent(key: string, body: Buffer, signal: AbortSignal): Promise<boolean>;
}

/**
 * Writes the decision where the owner of the partition finds it.
 *
 * @returns the key of what was written
 * @throws {ReleaseError} where the chain does not stand as the request says, or another decision was taken
 */
export async function release(
  store: ReleaseStore,
  { prefix, layout }: Pick<StoreConfig, 'prefix' | 'layout'>,
  { chain, release: decision }: ReleaseRequest,
  signal: AbortSignal,
): Promise<string> {
  const keys = new LinkKeys(chainPrefix(prefix, chain), layout.codec, layout.delivery);
  const found = await endOf(store, keys, signal);
  const { accepts, at } = decision;
  if (accepts === 'bad-link' ? found.badLink !== at : found.end === undefined) {
    throw new ReleaseError(
      `${keys.folder}: ${found.said}, so there is no ${accepts} at offset ${at} to release`,
    );
  }
  if (accepts === 'truncated-log' && found.end !== at) {
    throw new ReleaseError(`${keys.folder}: ${found.said}, --at must be that offset, got ${at}`);
  }
  if (accepts === 'unreadable-batch' && at < (found.end ?? 0)) {
    throw new ReleaseError(`${keys.folder}: ${found.said}, --at must not be before that, got ${at}`);
  }
  const key = releaseKey(prefix, chain, at);
  if (!(await store.putIfAbsent(key, printRelease(decision), signal))) {
    throw new ReleaseError(`${key} is there already: delete it first if another decision is to be taken`);
  }
  return key;
}

interface Found {
  readonly end: number | undefined;
  readonly badLink: number | undefined;
  readonly said: string;
}

async function endOf(store: ChainStore, keys: LinkKeys, signal: AbortSignal): Promise<Found> {
  try {
    const walk = { store, keys, committed: undefined, maxSpan: 0, signal };
    const end = (await walkChain(walk))?.end ?? 0;
    return { end, badLink: undefined, said: `the chain ends at ${end}` };
  } catch (error) {
    if (!(error instanceof BadLinkError)) throw error;
    return {
      end: undefined,
      badLink: error.start,
      said: `its last link does not say its end (${error.message})`,
    };
  }
}
