import { chainPrefix, padOffset, type ChainId } from '../object/segment.ts';

/**
 * Why a partition cannot go on until somebody decides:
 * - `bad-link`: the last link does not say its end;
 * - `truncated-log`: Kafka has lost records that are stored, and may have written others at their offsets;
 * - `unreadable-batch`: the next batch of the log cannot be read.
 */
export const releasable = ['bad-link', 'truncated-log', 'unreadable-batch'] as const;

/** The same, or `continued`: another prefix continues this chain, and only a consumer of that one may go on. */
export type StopReason = (typeof releasable)[number] | 'continued';

export class PartitionStopError extends Error {
  override readonly name = 'PartitionStopError';
  readonly reason: StopReason;
  /** What a release must name: the start of the bad link, the end of the chain, the first unreadable offset. */
  readonly at: number;
  /** The arguments of the release command that accept it; `undefined` where nothing does. */
  readonly release: string | undefined;

  /** @param decision the argument that says what is accepted, as far as the stop knows */
  constructor(reason: StopReason, at: number, message: string, decision?: string) {
    super(`${reason} at offset ${at}: ${message}`);
    this.reason = reason;
    this.at = at;
    this.release = decision === undefined ? undefined : `--accept ${reason} --at ${at} ${decision}`;
  }
}

/**
 * Somebody's decision about one stop, kept beside the objects so that whoever owns the partition finds it:
 * - `bad-link`: the link that starts at `at` ends at `end`;
 * - `truncated-log`: the chain stays as it is, and goes on at `at` in the log as it is since `leaderEpoch`;
 * - `unreadable-batch`: the offsets from `at` to `end` are given up, recorded as a gap.
 */
export type Release =
  | { readonly accepts: 'bad-link' | 'unreadable-batch'; readonly at: number; readonly end: number }
  | { readonly accepts: 'truncated-log'; readonly at: number; readonly leaderEpoch: number };

/** The key of the release for a stop at this offset. */
export function releaseKey(prefix: string, chain: ChainId, at: number): string {
  const folder = chainPrefix(prefix === '' ? '_releases' : `${prefix}/_releases`, chain);
  return `${folder}${padOffset(at)}.json`;
}

export function printRelease(release: Release): Buffer {
  return Buffer.from(JSON.stringify(release));
}

/** @returns `undefined` where the text is no release of this stop */
export function readRelease(
  body: Buffer,
  { reason, at }: Pick<PartitionStopError, 'reason' | 'at'>,
): Release | undefined {
  let release: Partial<Record<'accepts' | 'at' | 'end' | 'leaderEpoch', unknown>> | null;
  try {
    release = JSON.parse(body.toString()) as typeof release;
  } catch {
    return undefined;
  }
  if (reason === 'continued' || release?.accepts !== reason || release.at !== at) return undefined;
  const { end, leaderEpoch } = release;
  if (reason === 'truncated-log') {
    return isOffset(leaderEpoch) ? { accepts: reason, at, leaderEpoch } : undefined;
  }
  return isOffset(end) && end > at ? { accepts: reason, at, end } : undefined;
}

function isOffset(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** Finds out whether a stop has been released. */
export class Releases {
  readonly #store: ReleaseStore;
  readonly #prefix: string;
  readonly #chain: ChainId;

  constructor(store: ReleaseStore, prefix: string, chain: ChainId) {
    this.#store = store;
    this.#prefix = prefix;
    this.#chain = chain;
  }

  /** @throws the stop itself where nobody has released it */
  async of(stop: PartitionStopError, signal: AbortSignal): Promise<Release> {
    const stored = await this.#store.get(releaseKey(this.#prefix, this.#chain, stop.at), signal);
    const release = stored === undefined ? undefined : readRelease(stored.body, stop);
    if (release === undefined) throw stop;
    return release;
  }
}

export interface ReleaseStore {
  get(key: string, signal: AbortSignal): Promise<{ readonly body: Buffer } | undefined>;
}
