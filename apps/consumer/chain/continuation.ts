import { walkChain, type ChainStore } from './walk-chain.ts';
import type { LogPosition } from '../../kafka/log-position.ts';
import type { SegmentStore } from './chain-writer.ts';
import { Content, type ContentMemory } from '../object/content.ts';
import type { Continued } from '../object/layout.ts';
import {
  chainPrefix,
  closingMetadata,
  ClosedChainError,
  contentType,
  SegmentKeys,
  type ChainId,
} from '../object/segment.ts';

export interface ContinuationOptions {
  readonly store: ChainStore & SegmentStore;
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
 * Closes a chain of the continued prefix: stores an object at its end, so that no writer can add a segment there. The new chain
 * begins at that offset, even if a writer of the old chain still runs, and whatever is committed.
 *
 * @returns the end of the old chain
 * @throws {ClosedChainError} if another prefix continues it already
 * @throws {BadSegmentError} if the metadata of its last segment do not say its end
 */
export async function closeContinued(options: ContinuationOptions): Promise<LogPosition> {
  const { store, chain, continued, by, writer, committed, maxSpan, memory, signal } = options;
  const { prefix, layout } = continued;
  if (layout === undefined) return { offset: committed ?? 0, leaderEpoch: -1 };
  const keys = new SegmentKeys(chainPrefix(prefix, chain), layout.codec, layout.delivery);
  for (;;) {
    try {
      const last = await walkChain({ store, keys, committed, maxSpan, signal });
      const end = { offset: last?.end ?? 0, leaderEpoch: last?.leaderEpoch ?? -1 };
      // Segments of such a chain may overlap: no object can close it.
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
        // If a segment stands there already, its writer was first: the chain ends after that one.
        await store.addSegment(object, signal);
      } finally {
        content.discard(false);
      }
    } catch (error) {
      if (!(error instanceof ClosedChainError) || error.by !== by) throw error;
      return { offset: error.at, leaderEpoch: error.leaderEpoch };
    }
  }
}
