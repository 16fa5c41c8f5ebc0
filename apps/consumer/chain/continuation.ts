import { walkChain, type ChainStore } from './walk-chain.ts';
import type { LogPosition } from '../../kafka/log-position.ts';
import type { LinkStore } from './chain-writer.ts';
import { Content, type ContentMemory } from '../object/content.ts';
import type { Continued } from '../object/layout.ts';
import {
  chainPrefix,
  closingMetadata,
  ClosedChainError,
  contentType,
  LinkKeys,
  type ChainId,
} from '../object/segment.ts';

export interface ContinuationOptions {
  readonly store: ChainStore & LinkStore;
  readonly chain: ChainId;
  readonly continued: Continued;
  /** The prefix that continues it. */
  readonly by: string;
  readonly writer: string;
  readonly committed: number | undefined;
  readonly maxSpan: number;
  readonly memory: ContentMemory;
  readonly signal: AbortSignal;
}

/**
 * Closes a chain of the continued prefix with an object at its end, where no other writer can add a link any more: the
 * new chain begins there, whoever still writes to the old one, and whatever is committed.
 *
 * @returns where the old chain ends
 * @throws {ClosedChainError} where another prefix continues it
 * @throws {BadLinkError} where its last link does not say its end
 */
export async function closeContinued(options: ContinuationOptions): Promise<LogPosition> {
  const { store, chain, continued, by, writer, committed, maxSpan, memory, signal } = options;
  const { prefix, layout } = continued;
  if (layout === undefined) return { offset: committed ?? 0, leaderEpoch: -1 };
  const keys = new LinkKeys(chainPrefix(prefix, chain), layout.codec, layout.delivery);
  for (;;) {
    try {
      const last = await walkChain({ store, keys, committed, maxSpan, signal });
      const end = { offset: last?.end ?? 0, leaderEpoch: last?.leaderEpoch ?? -1 };
      // Links of such a chain may overlap, so nothing closes it.
      if (layout.delivery === 'at-least-once') return end;
      const content = new Content(layout.codec, memory);
      await content.finish();
      const object = {
        key: keys.key(end.offset, end.offset, writer),
        start: end.offset,
        body: content.pieces,
        metadata: closingMetadata(end, by, writer),
        contentType: contentType(layout.codec),
      };
      try {
        // Where a link is there already, its writer was first: the chain ends after it.
        await store.addLink(object, signal);
      } finally {
        content.discard(false);
      }
    } catch (error) {
      if (!(error instanceof ClosedChainError) || error.by !== by) throw error;
      return { offset: error.at, leaderEpoch: error.leaderEpoch };
    }
  }
}
