import type { Log } from '../../service/log.ts';
import { walkChain } from './walk-chain.ts';
import type { LogPosition } from '../../kafka/log-position.ts';
import { closeContinued, type ContinuationOptions } from './continuation.ts';
import type { Continued } from '../object/layout.ts';
import { BadLinkError, ClosedChainError, type ChainId, type LinkKeys } from '../object/segment.ts';
import type { PartitionSource } from './partition-source.ts';
import { PartitionStopError, type Releases } from './resumes.ts';

export interface ChainEndOptions extends Pick<ContinuationOptions, 'store' | 'writer' | 'memory'> {
  readonly chain: ChainId;
  readonly keys: LinkKeys;
  readonly prefix: string;
  readonly source: Pick<PartitionSource, 'committed' | 'commit'>;
  readonly limits: { readonly maxSpan: number };
  /** What an empty chain goes on with. */
  readonly continued: Continued | undefined;
  readonly releases: Releases;
  readonly log: Log;
}

/** Where a chain ends, which is where its partition goes on. */
export class ChainEnd {
  readonly #options: ChainEndOptions;
  #committed: number | undefined;
  #continuedAt: number | undefined;

  constructor(options: ChainEndOptions) {
    this.#options = options;
  }

  /** What the group had committed when the end was looked for; `undefined` until that is known. */
  get committed(): number | undefined {
    return this.#committed;
  }

  /** The end, where the chain was empty and goes on with another one. */
  get continuedAt(): number | undefined {
    return this.#continuedAt;
  }

  /** @throws {PartitionStopError} where it cannot be told without somebody's decision */
  async find(signal: AbortSignal): Promise<LogPosition> {
    const { chain, keys, store, source, limits, log } = this.#options;
    const committed = await source.committed(chain.partition, signal);
    this.#committed = committed ?? 0;
    const walk = { store, keys, committed, maxSpan: limits.maxSpan, signal };
    const last = await walkChain(walk).catch((error: unknown) => this.#released(error, signal));
    const end =
      last === undefined
        ? await this.#begin(committed, signal)
        : { offset: last.end, leaderEpoch: last.leaderEpoch };
    log.debug({ committed, ...end }, 'chain walked');
    // A commit elsewhere than at the end shows a wrong lag and makes the next walk list more, or twice.
    if (committed !== end.offset && (committed !== undefined || last !== undefined)) {
      source.commit(chain.partition, end);
    }
    return end;
  }

  /** Where an empty chain begins. */
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

  /** The end of a bad link as somebody has said it. */
  async #released(error: unknown, signal: AbortSignal): Promise<{ end: number; leaderEpoch: number }> {
    const stop = stopOf(error);
    if (stop === undefined) throw error;
    if (!(error instanceof BadLinkError) || error.start === undefined) throw stop;
    const release = await this.#options.releases.of(stop, signal);
    if (release.accepts !== 'bad-link') throw stop;
    return { end: release.end, leaderEpoch: -1 };
  }
}

/** What an object that is no link stops; `undefined` for every other error. */
export function stopOf(error: unknown): PartitionStopError | undefined {
  if (error instanceof ClosedChainError) return new PartitionStopError('continued', error.at, error.message);
  if (!(error instanceof BadLinkError)) return undefined;
  return new PartitionStopError('bad-link', error.start ?? 0, error.message, '--end OFFSET');
}
