import { setTimeout as sleep } from 'node:timers/promises';
import type { LogPosition } from '../../kafka/log-position.ts';
import type { Log } from '../../service/log.ts';
import type { ChainStore } from '../chain/walk-chain.ts';
import { ChainEnd, stopOf } from '../chain/chain-end.ts';
import type { ChainSession } from '../chain/chain-session.ts';
import { ChainWriter } from '../chain/chain-writer.ts';
import type { ChainWriterOptions, LinkStore, UnstoredRecord } from '../chain/chain-writer.ts';
import { UnreadableBatchError } from '../../kafka/records/batch-records.ts';
import type { Continued } from '../object/layout.ts';
import { chainPrefix, LinkKeys, type ChainId, type Gap } from '../object/segment.ts';
import { LogReader, type FetchedLog } from './log-reader.ts';
import type { LogBounds, PartitionSource } from '../chain/partition-source.ts';
import { PartitionStopError, Releases, type ReleaseStore } from '../chain/resumes.ts';
import { ReadAhead, type FetchPosition } from './read-ahead.ts';

export interface PartitionObserver {
  gap(partition: number, gap: Gap): void;
  /** Called when the partition may want another fetch. */
  changed(): void;
}

type WriterOptions = Pick<
  ChainWriterOptions,
  'codec' | 'delivery' | 'limits' | 'memory' | 'encoder' | 'writer' | 'now' | 'log'
>;

export interface PartitionOptions extends WriterOptions {
  readonly chain: ChainId;
  readonly store: LinkStore & ChainStore & ReleaseStore;
  readonly source: PartitionSource;
  readonly prefix: string;
  /** What an empty chain goes on with. */
  readonly continued: Continued | undefined;
  /** What one record may take, or the window that its compression needs. */
  readonly maxRecordBytes: number;
  readonly observer: PartitionObserver & ChainWriterOptions['observer'];
  /** How long a stopped partition waits before it looks whether somebody has released it. */
  readonly recheckMs: number;
}

type State = 'walking' | 'fetching' | 'stopped' | 'closed';

/** One partition while this consumer owns it: finds the end of its chain and goes on from there. */
export class Partition {
  readonly chain: ChainId;
  readonly #options: PartitionOptions;
  readonly #keys: LinkKeys;
  readonly #log: Log;
  readonly #writer: ChainWriter;
  readonly #reader: LogReader;
  readonly #readAhead: ReadAhead;
  readonly #releases: Releases;
  readonly #chainEnd: ChainEnd;
  readonly #closed = new AbortController();
  #state: State = 'walking';
  #hasWalked = false;
  #failures = Promise.withResolvers<PartitionStopError>();
  #reported: PartitionStopError | undefined;
  #bounds: (LogBounds & { readonly of: FetchPosition }) | undefined;

  constructor(options: PartitionOptions) {
    const { chain, store, prefix, codec, delivery } = options;
    this.chain = chain;
    this.#options = options;
    this.#keys = new LinkKeys(chainPrefix(prefix, chain), codec, delivery);
    this.#log = options.log.child({ ...chain });
    this.#releases = new Releases(store, prefix, chain);
    this.#chainEnd = new ChainEnd({ ...options, keys: this.#keys, releases: this.#releases, log: this.#log });
    this.#writer = new ChainWriter({
      ...options,
      keys: this.#keys,
      log: this.#log,
      onStored: (end) => this.#onStored(end),
      onFailed: (error) => this.#onFailed(error),
      signal: this.#closed.signal,
    });
    this.#reader = new LogReader({
      memory: options.memory,
      maxRecordBytes: options.maxRecordBytes,
    });
    this.#readAhead = new ReadAhead({
      writer: this.#writer,
      read: (session, fetched) => this.#read(session, fetched),
      onFailed: (error) => this.#onFailed(error),
      onIdle: () => options.observer.changed(),
    });
  }

  /** Why it stands still until somebody releases it. */
  get stopped(): PartitionStopError | undefined {
    return this.#reported;
  }

  /**
   * Up to where records are stored. Until the chain has been walked first, what the group has committed stands for it;
   * `undefined` until that is known.
   */
  get storedEnd(): number | undefined {
    return this.#hasWalked ? this.#writer.end.offset : this.#chainEnd.committed;
  }

  get unstored(): UnstoredRecord | undefined {
    return this.#writer.unstored;
  }

  get storedTimestamp(): number | undefined {
    return this.#writer.storedTimestamp;
  }

  get flushableBytes(): number {
    return this.#writer.flushableBytes;
  }

  /** Where to fetch from; `undefined` while it must not be: walking, stopped, or behind. */
  get fetchPosition(): FetchPosition | undefined {
    return this.#state === 'fetching' ? this.#readAhead.fetchPosition : undefined;
  }

  /** Notes the end of the chain for a commit once more, under a new owner's name. */
  commitAgain(): void {
    const { end } = this.#writer;
    if (this.#state !== 'walking' && end.offset > 0) this.#options.source.commit(this.chain.partition, end);
  }

  flushForMemory(): void {
    this.#writer.session.flush('memory');
  }

  /** Runs until {@link close}. */
  async run(): Promise<void> {
    const { signal } = this.#closed;
    try {
      for (;;) {
        this.#failures = Promise.withResolvers<PartitionStopError>();
        const stop = await this.#follow(signal);
        this.#stop(stop);
        await sleep(this.#options.recheckMs, undefined, { signal });
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  /**
   * Ends it: what is buffered is left to the next owner whole.
   *
   * @param finishing lets the upload that is under way come to its end first, which may be long
   */
  async close(finishing: boolean): Promise<void> {
    if (this.#state !== 'closed') {
      this.#state = 'closed';
      this.#writer.stop();
    }
    if (finishing) await this.#writer.settled();
    this.#closed.abort();
    await this.#writer.settled();
  }

  /**
   * Takes what a fetch has brought, at the speed of the uploads. Like {@link outOfRange} and {@link diverged} it drops the
   * response to a fetch from anywhere else than where this partition wants to be fetched from by now.
   */
  accept(from: FetchPosition, fetched: FetchedLog): Promise<void> {
    return this.#readAhead.read(from, fetched);
  }

  /** The leader has no record at the position. */
  outOfRange(from: FetchPosition): Promise<void> {
    const { session, offset } = from;
    return this.#readAhead.handle(from, async () => {
      // The bounds are asked for by the topic's name. If the offset is out of range again after that, by the
      // topic's id, then they are those of the same topic.
      if (this.#bounds?.of.session !== session || this.#bounds.of.offset !== offset) {
        const bounds = await this.#options.source.bounds(this.chain.partition, session.signal);
        this.#bounds = { ...bounds, of: from };
        return;
      }
      const { earliest, latest } = this.#bounds;
      this.#bounds = undefined;
      if (offset < earliest.offset) await this.#skip(session, earliest, 'Kafka has deleted them');
      else await this.#truncated(session, latest.offset);
    });
  }

  /** The leader's log and what was read of it went apart at `end`, before the position. */
  diverged(from: FetchPosition, end: number): Promise<void> {
    return this.#readAhead.handle(from, () => this.#truncated(from.session, end));
  }

  async #read(session: ChainSession, fetched: FetchedLog): Promise<void> {
    this.#bounds = undefined;
    try {
      await this.#reader.read(session, fetched);
    } catch (error) {
      if (!(error instanceof UnreadableBatchError)) throw error;
      await this.#unreadable(session, error);
    }
    if (this.#reported !== undefined) this.#log.info({ stop: this.#reported.reason }, 'partition goes on');
    this.#reported = undefined;
  }

  /** Walks the chain and lets fetching begin; ends with what stops it. */
  async #follow(signal: AbortSignal): Promise<PartitionStopError> {
    this.#state = 'walking';
    await this.#writer.settled();
    let end: LogPosition;
    try {
      end = await this.#chainEnd.find(signal);
    } catch (error) {
      if (error instanceof PartitionStopError) return error;
      throw error;
    }
    signal.throwIfAborted();
    this.#writer.start(end);
    this.#hasWalked = true;
    this.#state = 'fetching';
    this.#options.observer.changed();
    const aborted = Promise.withResolvers<never>();
    signal.addEventListener('abort', () => aborted.reject(signal.reason as Error), { once: true });
    return Promise.race([this.#failures.promise, aborted.promise]);
  }

  async #skip(session: ChainSession, to: LogPosition, why: string): Promise<void> {
    const gap = await session.skip(to);
    this.#log.warn({ gap }, `offsets ${gap.from} to ${gap.to} are recorded as a gap: ${why}`);
    this.#options.observer.gap(this.chain.partition, gap);
  }

  /** @param left where the log went another way than what was read of it, or ended */
  async #truncated(session: ChainSession, left: number): Promise<void> {
    await this.#writer.settled();
    session.signal.throwIfAborted();
    const { offset, leaderEpoch } = this.#writer.end;
    if (session.position.offset !== offset) {
      // What was read and not stored is lost to Kafka. Whether what is stored is too, the next fetch tells.
      this.#log.warn({ left, from: offset }, 'the log was truncated under what was read: reading it again');
      this.#writer.rewind(session);
      return;
    }
    if (offset === this.#chainEnd.continuedAt) {
      // Nothing of the log is stored in this chain, and what is in the old one was of a log that is lost.
      this.#log.warn(
        { left, from: offset },
        'the log was truncated below the end of the continued chain: beginning there',
      );
      this.#writer.rewind(session, { offset: left, leaderEpoch: -1 });
      return;
    }
    const { latest } = await this.#options.source.bounds(this.chain.partition, session.signal);
    const stop = new PartitionStopError(
      'truncated-log',
      offset,
      `the chain ends there in epoch ${leaderEpoch}, but the log left that epoch at ${left}: ` +
        'Kafka has lost records that are stored, and may hold others in their place',
      `--leader-epoch ${latest.leaderEpoch}`,
    );
    const release = await this.#releases.of(stop, session.signal);
    // A released log that is again not this one was truncated once more; one that is shorter has nothing here yet.
    const isReleased = release.accepts === 'truncated-log' && release.leaderEpoch !== leaderEpoch;
    if (!isReleased || latest.offset < offset) throw stop;
    this.#writer.rewind(session, { offset, leaderEpoch: release.leaderEpoch });
  }

  async #unreadable(session: ChainSession, error: UnreadableBatchError): Promise<void> {
    session.signal.throwIfAborted();
    const { offset, leaderEpoch } = session.position;
    const at = Math.max(offset, error.baseOffset);
    if (at >= error.nextOffset) {
      this.#log.warn({ err: error }, 'a batch is not what it says, and every offset of it was read');
      return;
    }
    const stop = new PartitionStopError('unreadable-batch', at, error.message, `--end ${error.nextOffset}`);
    // What stands before it is stored first: a stop may last until Kafka has deleted that.
    await session.flushed('stop');
    const release = await this.#releases.of(stop, session.signal);
    if (release.accepts === 'unreadable-batch') {
      await this.#skip(
        session,
        { offset: release.end, leaderEpoch },
        'a release accepts that they cannot be read',
      );
    }
  }

  #onStored(end: LogPosition): void {
    this.#options.source.commit(this.chain.partition, end);
    this.#options.observer.changed();
  }

  #onFailed(error: unknown): void {
    if (this.#closed.signal.aborted) return;
    // One that is met by an upload is met again by the walk, which looks whether it has been released.
    const stop = error instanceof PartitionStopError ? error : stopOf(error);
    if (stop === undefined) this.#failures.reject(error);
    else this.#failures.resolve(stop);
  }

  #stop(stop: PartitionStopError): void {
    this.#state = 'stopped';
    this.#writer.stop();
    const { reason, at, message } = stop;
    if (this.#reported?.message !== message) {
      const { topic, topicId, partition } = this.chain;
      const release = stop.release && `--chain ${topic}/${topicId}/${partition} ${stop.release}`;
      this.#log.error({ reason, at, release }, `partition stopped: ${message}`);
    }
    this.#reported = stop;
  }
}
