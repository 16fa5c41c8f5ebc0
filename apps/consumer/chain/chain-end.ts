import type { Log } from '../../service/log.ts';
import { walkChain } from './walk-chain.ts';
import type { LogPosition } from '../../kafka/log-position.ts';
import { closeContinued, type ContinuationOptions } from './continuation.ts';
import type { Continued } from '../object/layout.ts';
import { BadSegmentError, ClosedChainError, type ChainId, type SegmentKeys } from '../object/segment.ts';
import type { PartitionSource } from './partition-source.ts';
import { PartitionStopError, type Decisions } from './decisions.ts';

export interface ChainEndOptions extends Pick<ContinuationOptions, 'store' | 'writer' | 'memory'> {
  readonly chain: ChainId;
  readonly keys: SegmentKeys;
  readonly prefix: string;
  readonly source: Pick<PartitionSource, 'committed' | 'commit'>;
  readonly limits: { readonly maxSpan: number };
  /** The prefix whose chain an empty chain continues. */
  readonly continued: Continued | undefined;
  readonly decisions: Decisions;
  readonly log: Log;
}

/** Finds the end of a chain: the position of its partition. */
export class ChainEnd {
  readonly #options: ChainEndOptions;
  #committed: number | undefined;
  #continuedAt: number | undefined;

  constructor(options: ChainEndOptions) {
    this.#options = options;
  }

  /** The offset that the group had committed at the last {@link find}; `undefined` before. */
  get committed(): number | undefined {
    return this.#committed;
  }

  /** The end, if the chain is empty and continues another one. */
  get continuedAt(): number | undefined {
    return this.#continuedAt;
  }

  /** @throws {PartitionStopError} if only an operator's decision can tell the end */
  async find(signal: AbortSignal): Promise<LogPosition> {
    const { chain, keys, store, source, limits, log } = this.#options;
    const committed = await source.committed(chain.partition, signal);
    this.#committed = committed ?? 0;
    const walk = { store, keys, committed, maxSpan: limits.maxSpan, signal };
    const last = await walkChain(walk).catch((error: unknown) => this.#decided(error, signal));
    const end =
      last === undefined
        ? await this.#begin(committed, signal)
        : { offset: last.end, leaderEpoch: last.leaderEpoch };
    log.debug({ committed, ...end }, 'chain walked');
    // Any other commit shows a wrong lag, and makes the next walk list more than it must, or list twice.
    if (committed !== end.offset && (committed !== undefined || last !== undefined)) {
      source.commit(chain.partition, end);
    }
    return end;
  }

  /** The position at which an empty chain begins. */
  async #begin(committed: number | undefined, signal: AbortSignal): Promise<LogPosition> {
    const { continued, prefix: by, limits, ...options } = this.#options;
    this.#continuedAt = undefined;
    if (continued === undefined) return { offset: 0, leaderEpoch: -1 };
    const { maxSpan } = limits;
    const end = await closeContinued({ ...options, continued, by, committed, maxSpan, signal }).catch(
      (error: unknown) => {
        throw stopOf(error) ?? error;
      },
    );
    this.#continuedAt = end.offset;
    return end;
  }

  /** The end of a bad segment according to an operator's decision. */
  async #decided(error: unknown, signal: AbortSignal): Promise<{ end: number; leaderEpoch: number }> {
    const stop = stopOf(error);
    if (stop === undefined) throw error;
    if (!(error instanceof BadSegmentError) || error.start === undefined) throw stop;
    const decision = await this.#options.decisions.of(stop, signal);
    if (decision.accepts !== 'bad-segment') throw stop;
    return { end: decision.end, leaderEpoch: -1 };
  }
}

/** The stop that an object which is no segment causes; `undefined` for every other error. */
export function stopOf(error: unknown): PartitionStopError | undefined {
  if (error instanceof ClosedChainError) return new PartitionStopError('continued', error.at, error.message);
  if (!(error instanceof BadSegmentError)) return undefined;
  return new PartitionStopError('bad-segment', error.start ?? 0, error.message, '--end OFFSET');
}
