import type { LogPosition } from '../../kafka/log-position.ts';
import type { UnreadableBatchError } from '../../kafka/records/batch-records.ts';
import type { Log } from '../../service/log.ts';
import type { ChainEnd } from '../chain/chain-end.ts';
import type { ChainSession } from '../chain/chain-session.ts';
import type { ChainWriter } from '../chain/chain-writer.ts';
import { PartitionStopError, type Decisions } from '../chain/decisions.ts';
import type { LogBounds, PartitionSource } from '../chain/partition-source.ts';
import type { ChainId, Gap } from '../object/segment.ts';
import type { FetchPosition } from './read-ahead.ts';

export interface LogRecoveryOptions {
  readonly chain: ChainId;
  readonly writer: ChainWriter;
  readonly chainEnd: Pick<ChainEnd, 'continuedAt'>;
  readonly source: Pick<PartitionSource, 'bounds'>;
  readonly decisions: Decisions;
  readonly observer: { gap(partition: number, gap: Gap): void };
  readonly log: Log;
}

/**
 * Decides how a partition goes on if its log cannot be read at the position: over a gap, from the end of the chain, or not
 * before an operator decides. Every method throws {@link PartitionStopError} in the last case.
 */
export class LogRecovery {
  readonly #options: LogRecoveryOptions;
  #bounds: (LogBounds & { readonly of: FetchPosition }) | undefined;

  constructor(options: LogRecoveryOptions) {
    this.#options = options;
  }

  /** Forgets an offset that was out of range: records have been fetched since. */
  reset(): void {
    this.#bounds = undefined;
  }

  /** Handles an offset outside of the leader's log; believes the bounds of the log only the second time. */
  async outOfRange(from: FetchPosition): Promise<void> {
    const { chain, source } = this.#options;
    const { session, offset } = from;
    // ListOffsets names the topic, Fetch its id. If the offset is out of range again after ListOffsets has responded,
    // its bounds are those of the same topic.
    if (this.#bounds?.of.session !== session || this.#bounds.of.offset !== offset) {
      const bounds = await source.bounds(chain.partition, session.signal);
      this.#bounds = { ...bounds, of: from };
      return;
    }
    const { earliest, latest } = this.#bounds;
    this.#bounds = undefined;
    if (offset < earliest.offset) await this.#skip(session, earliest, 'Kafka has deleted them');
    else await this.truncated(session, latest.offset);
  }

  /** @param left offset at which the log left the epoch of the records read, or ended */
  async truncated(session: ChainSession, left: number): Promise<void> {
    const { chain, writer, chainEnd, source, decisions, log } = this.#options;
    await writer.settled();
    session.signal.throwIfAborted();
    const { offset, leaderEpoch } = writer.end;
    if (session.position.offset !== offset) {
      // Kafka has lost records that were read and not stored. The next fetch tells whether it has lost stored ones as well.
      log.warn(
        { left, from: offset },
        'the log was truncated below the records read: reading again from the end of the chain',
      );
      writer.rewind(session);
      return;
    }
    if (offset === chainEnd.continuedAt) {
      // This chain is empty, and the records at the end of the continued one are of the lost log.
      log.warn(
        { left, from: offset },
        'the log was truncated below the end of the continued chain: beginning there',
      );
      writer.rewind(session, { offset: left, leaderEpoch: -1 });
      return;
    }
    const { latest } = await source.bounds(chain.partition, session.signal);
    const stop = new PartitionStopError(
      'truncated-log',
      offset,
      `the chain ends there in epoch ${leaderEpoch}, but the log left that epoch at ${left}: ` +
        'Kafka has lost records that are stored, and may hold others in their place',
      `--leader-epoch ${latest.leaderEpoch}`,
    );
    const decision = await decisions.of(stop, session.signal);
    // If the chain has the accepted epoch already, the log was truncated again. If the log is shorter than the chain, there
    // is nothing to read yet. Stop in both cases.
    const isAccepted = decision.accepts === 'truncated-log' && decision.leaderEpoch !== leaderEpoch;
    if (!isAccepted || latest.offset < offset) throw stop;
    writer.rewind(session, { offset, leaderEpoch: decision.leaderEpoch });
  }

  async unreadable(session: ChainSession, error: UnreadableBatchError): Promise<void> {
    const { decisions, log } = this.#options;
    session.signal.throwIfAborted();
    const { offset, leaderEpoch } = session.position;
    const at = Math.max(offset, error.baseOffset);
    if (at >= error.nextOffset) {
      log.warn({ err: error }, 'a batch is unreadable after its last offset was read: nothing is lost');
      return;
    }
    const stop = new PartitionStopError('unreadable-batch', at, error.message, `--end ${error.nextOffset}`);
    // Store the records before it first: Kafka may delete them before the partition resumes.
    await session.flushed('stop');
    const decision = await decisions.of(stop, session.signal);
    if (decision.accepts === 'unreadable-batch') {
      await this.#skip(
        session,
        { offset: decision.end, leaderEpoch },
        'an operator has accepted that they cannot be read',
      );
    }
  }

  async #skip(session: ChainSession, to: LogPosition, why: string): Promise<void> {
    const { chain, observer, log } = this.#options;
    const gap = await session.skip(to);
    log.warn({ gap }, `offsets ${gap.from} to ${gap.to} are recorded as a gap: ${why}`);
    observer.gap(chain.partition, gap);
  }
}
