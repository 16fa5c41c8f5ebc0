import type { SegmentEnd, SegmentKeys } from '../object/segment.ts';
import { padOffset, readSegmentEnd } from '../object/segment.ts';

/** Reads the keys and metadata of a chain. */
export interface ChainStore {
  /** Keys that begin with `prefix` and sort after `startAfter`, in order, over all pages. */
  list(prefix: string, startAfter: string, signal: AbortSignal): AsyncIterable<string>;
  /** User metadata; `undefined` if there is no such object. */
  head(key: string, signal: AbortSignal): Promise<Readonly<Record<string, string>> | undefined>;
}

export interface WalkOptions {
  readonly store: ChainStore;
  readonly keys: SegmentKeys;
  /** The group's commit, if there is one: where to begin listing, never a position. */
  readonly committed: number | undefined;
  /** No segment spans more offsets, a recorded gap aside. */
  readonly maxSpan: number;
  readonly signal: AbortSignal;
}

/**
 * Finds the last segment of a chain. Its end is the position of the partition.
 *
 * @returns `undefined` for an empty chain
 * @throws {BadSegmentError} if the metadata of the last segment do not say its end
 */
export async function walkChain(options: WalkOptions): Promise<SegmentEnd | undefined> {
  const { store, keys, committed = 0, maxSpan, signal } = options;
  for (;;) {
    let from = Math.max(0, committed - maxSpan);
    let last = await lastSegment(store, keys, from, signal);
    // The commit is ahead of the chain, or within a segment whose gap is longer than the span.
    if (last === undefined && from > 0) {
      from = 0;
      last = await lastSegment(store, keys, from, signal);
    }
    if (last === undefined) return undefined;
    const metadata = await store.head(last.key, signal);
    // Deleted since the listing: look for the last segment again.
    if (metadata !== undefined) return readSegmentEnd(last.key, last.start, metadata);
  }
}

interface LastSegment {
  readonly key: string;
  readonly start: number;
  /** Known here only if keys contain it. */
  readonly end: number | undefined;
}

async function lastSegment(
  store: ChainStore,
  keys: SegmentKeys,
  from: number,
  signal: AbortSignal,
): Promise<LastSegment | undefined> {
  let last: LastSegment | undefined;
  // The bare number sorts before every key that begins with it, so a segment that starts there is listed.
  for await (const key of store.list(keys.folder, `${keys.folder}${padOffset(from)}`, signal)) {
    const segment = keys.parse(key);
    if (segment === undefined) continue;
    // If segments may overlap, one that starts later may end earlier.
    if (segment.end === undefined || segment.end >= (last?.end ?? 0)) last = { key, ...segment };
  }
  return last;
}
