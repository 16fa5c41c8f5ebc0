import { setTimeout as sleep } from 'node:timers/promises';
import type { LogPosition } from '../../kafka/log-position.ts';
import { abortable } from '../../service/abortable.ts';
import type { Log } from '../../service/log.ts';
import type { ChainStore } from '../chain/walk-chain.ts';
import { ChainEnd, stopOf } from '../chain/chain-end.ts';
import type { ChainSession } from '../chain/chain-session.ts';
import { ChainWriter } from '../chain/chain-writer.ts';
import type { ChainWriterOptions, SegmentStore, UnstoredRecord } from '../chain/chain-writer.ts';
import { UnreadableBatchError } from '../../kafka/records/batch-records.ts';
import type { Continued } from '../object/layout.ts';
import { chainPrefix, SegmentKeys, type ChainId, type Gap } from '../object/segment.ts';
import { LogReader, type FetchedLog } from './log-reader.ts';
import { LogRecovery } from './log-recovery.ts';
import type { PartitionSource } from '../chain/partition-source.ts';
import { PartitionStopError, Decisions, type DecisionStore } from '../chain/decisions.ts';
import { ReadAhead, type FetchPosition } from './read-ahead.ts';

export interface PartitionObserver {
  gap(partition: number, gap: Gap): void;
  /** Called when the fetch position may have changed. */
  changed(): void;
}

type WriterOptions = Pick<
  ChainWriterOptions,
  'codec' | 'delivery' | 'limits' | 'memory' | 'encoder' | 'writer' | 'now' | 'log'
>;

export interface PartitionOptions extends WriterOptions {
  readonly chain: ChainId;
  readonly store: SegmentStore & ChainStore & DecisionStore;
  readonly source: PartitionSource;
  readonly prefix: string;
  /** The prefix whose chain an empty chain continues. */
  readonly continued: Continued | undefined;
  /** Largest size of a record, and of the window of a compressed batch. */
  readonly maxRecordBytes: number;
  readonly observer: PartitionObserver & ChainWriterOptions['observer'];
  /** Interval at which a stopped partition looks for an operator's decision. */
  readonly recheckMs: number;
}

type State = 'walking' | 'fetching' | 'stopped' | 'closed';

/** One partition while this consumer owns it: walks its chain, then reads on from the end. */
export class Partition {
  readonly chain: ChainId;
  readonly #options: PartitionOptions;
  readonly #keys: SegmentKeys;
  readonly #log: Log;
  readonly #writer: ChainWriter;
  readonly #reader: LogReader;
  readonly #readAhead: ReadAhead;
  readonly #recovery: LogRecovery;
  readonly #chainEnd: ChainEnd;
  readonly #closed = new AbortController();
  #state: State = 'walking';
  #hasWalked = false;
  #failures = Promise.withResolvers<PartitionStopError>();
  #reported: PartitionStopError | undefined;

  constructor(options: PartitionOptions) {
    const { chain, store, prefix, codec, delivery } = options;
    this.chain = chain;
    this.#options = options;
    this.#keys = new SegmentKeys(chainPrefix(prefix, chain), codec, delivery);
    this.#log = options.log.child({ ...chain });
    const decisions = new Decisions(store, prefix, chain);
    this.#chainEnd = new ChainEnd({
      ...options,
      keys: this.#keys,
      decisions,
      log: this.#log,
    });
    this.#writer = new ChainWriter({
      ...options,
      keys: this.#keys,
      log: this.#log,
      onStored: (end) => this.#onStored(end),
      onFailed: (error) => this.#onFailed(error),
      signal: this.#closed.signal,
    });
    this.#recovery = new LogRecovery({
      ...options,
      writer: this.#writer,
      chainEnd: this.#chainEnd,
      decisions,
      log: this.#log,
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

  /** Why it is stopped, until an operator resumes it. */
  get stopped(): PartitionStopError | undefined {
    return this.#reported;
  }

  /**
   * End of the chain. Before the first walk it is the offset that the group has committed; `undefined` until that is
   * known.
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

  /** Where to fetch from; `undefined` while nothing may be fetched: walking, stopped, or reading behind. */
  get fetchPosition(): FetchPosition | undefined {
    return this.#state === 'fetching' ? this.#readAhead.fetchPosition : undefined;
  }

  /** Queues a commit of the chain's end again, for a new generation of the group. */
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
   * Closes it: drops buffered records, which the next owner reads again.
   *
   * @param finishing waits for the upload in progress first, which may take long
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
   * Reads fetched records; resolves when they are in segments. Like {@link outOfRange} and {@link diverged} it drops a response
   * if the fetch position is no longer `from`.
   */
  accept(from: FetchPosition, fetched: FetchedLog): Promise<void> {
    return this.#readAhead.read(from, fetched);
  }

  /** Handles a fetch whose offset is outside of the leader's log. */
  outOfRange(from: FetchPosition): Promise<void> {
    return this.#readAhead.handle(from, () => this.#recovery.outOfRange(from));
  }

  /** Handles a diverging epoch: the leader's log and the records read differ from `end` on. */
  diverged(from: FetchPosition, end: number): Promise<void> {
    return this.#readAhead.handle(from, () => this.#recovery.truncated(from.session, end));
  }

  async #read(session: ChainSession, fetched: FetchedLog): Promise<void> {
    this.#recovery.reset();
    try {
      await this.#reader.read(session, fetched);
    } catch (error) {
      if (!(error instanceof UnreadableBatchError)) throw error;
      await this.#recovery.unreadable(session, error);
    }
    if (this.#reported !== undefined) this.#log.info({ stop: this.#reported.reason }, 'partition resumed');
    this.#reported = undefined;
  }

  /** Walks the chain, then lets records be fetched. Resolves when something stops the partition. */
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
    return abortable(this.#failures.promise, signal);
  }

  #onStored(end: LogPosition): void {
    this.#options.source.commit(this.chain.partition, end);
    this.#options.observer.changed();
  }

  #onFailed(error: unknown): void {
    if (this.#closed.signal.aborted) return;
    // The next walk finds a bad segment that an upload has found, and looks for a decision about it.
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
      const resume = stop.resume && `--chain ${topic}/${topicId}/${partition} ${stop.resume}`;
      this.#log.error({ reason, at, resume }, `partition stopped: ${message}`);
    }
    this.#reported = stop;
  }
}
