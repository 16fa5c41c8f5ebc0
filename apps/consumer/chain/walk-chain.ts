import type { LinkEnd, LinkKeys } from '../object/segment.ts';
import { padOffset, readLinkEnd } from '../object/segment.ts';

/** What walking a chain needs of the store. */
export interface ChainStore {
  /** Keys below `prefix` that sort after `startAfter`, in order, over all pages. */
  list(prefix: string, startAfter: string, signal: AbortSignal): AsyncIterable<string>;
  /** User metadata; `undefined` where there is no such object. */
  head(key: string, signal: AbortSignal): Promise<Readonly<Record<string, string>> | undefined>;
}

export interface WalkOptions {
  readonly store: ChainStore;
  readonly keys: LinkKeys;
  /** Where the group's commit stands, if it does: a hint of where to begin to list, never a position. */
  readonly committed: number | undefined;
  /** No link spans more offsets, a recorded gap aside. */
  readonly maxSpan: number;
  readonly signal: AbortSignal;
}

/**
 * Finds the end of a chain, which is the position of its partition.
 *
 * @returns `undefined` for an empty chain
 * @throws {BadLinkError} where the last link does not say its end
 */
export async function walkChain(options: WalkOptions): Promise<LinkEnd | undefined> {
  const { store, keys, committed = 0, maxSpan, signal } = options;
  for (;;) {
    let from = Math.max(0, committed - maxSpan);
    let last = await lastLink(store, keys, from, signal);
    // A commit ahead of the chain, or one within a link that records a gap longer than the span.
    if (last === undefined && from > 0) {
      from = 0;
      last = await lastLink(store, keys, from, signal);
    }
    if (last === undefined) return undefined;
    const metadata = await store.head(last.key, signal);
    // Deleted since it was listed: what is last now is another one.
    if (metadata !== undefined) return readLinkEnd(last.key, last.start, metadata);
  }
}

interface LastLink {
  readonly key: string;
  readonly start: number;
  /** Where keys say it. */
  readonly end: number | undefined;
}

async function lastLink(
  store: ChainStore,
  keys: LinkKeys,
  from: number,
  signal: AbortSignal,
): Promise<LastLink | undefined> {
  let last: LastLink | undefined;
  // The bare number sorts before every key that begins with it, so a link that starts there is listed.
  for await (const key of store.list(keys.folder, `${keys.folder}${padOffset(from)}`, signal)) {
    const link = keys.parse(key);
    if (link === undefined) continue;
    // Where links may overlap, one that starts later may end earlier.
    if (link.end === undefined || link.end >= (last?.end ?? 0)) last = { key, ...link };
  }
  return last;
}
