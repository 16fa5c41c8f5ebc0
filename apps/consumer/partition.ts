import { setTimeout as sleep } from 'node:timers/promises';
import type { LogPosition } from '../kafka/log-position.ts';
import type { Log } from '../service/log.ts';
import type { ChainStore } from './chain.ts';
import { ChainEnd, stopOf } from './chain-end.ts';
import { ChainWriter } from './chain-writer.ts';
import type { ChainWriterOptions, LinkStore, UnstoredRecord } from './chain-writer.ts';
import { UnreadableBatchError } from '../kafka/records/batch-records.ts';
import type { Continued } from './layout.ts';
import { chainPrefix, LinkKeys, type ChainId, type Gap } from './link.ts';
import { LogReader, type FetchedLog } from './log-reader.ts';
import type { LogBounds, PartitionSource } from './partition-source.ts';
import { PartitionStopError, Releases, type ReleaseStore } from './releases.ts';
import { Turns } from './turns.ts';

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
  readonly #turns: Turns;
  readonly #releases: Releases;
  readonly #chainEnd: ChainEnd;
  readonly #closed = new AbortController();
  #state: State = 'walking';
  #hasWalked = false;
  #failures = Promise.withResolvers<PartitionStopError>();
  #reported: PartitionStopError | undefined;
  #bounds: (LogBounds & { readonly of: number }) | undefined;

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
      writer: this.#writer,
      memory: options.memory,
      maxRecordBytes: options.maxRecordBytes,
      signal: this.#closed.signal,
    });
    this.#turns = new Turns({
      writer: this.#writer,
      read: (fetched) => this.#read(fetched),
      onFailed: (error) => this.#onFailed(error),
      onOver: () => options.observer.changed(),
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
  get wanted(): LogPosition | undefined {
    return this.#state === 'fetching' ? this.#turns.wanted : undefined;
  }

  /** Notes the end of the chain for a commit once more, under a new owner's name. */
  commitAgain(): void {
    const { end } = this.#writer;
    if (this.#state !== 'walking' && end.offset > 0) this.#options.source.commit(this.chain.partition, end);
  }

  flushForMemory(): void {
    this.#writer.flush('memory');
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
      this.#writer.rewind();
    }
    if (finishing) await this.#writer.settled();
    this.#closed.abort();
    await this.#writer.settled();
  }

  /** Takes what a fetch from {@link wanted} has brought, at the speed of the uploads. */
  accept(fetched: FetchedLog): Promise<void> {
    return this.#turns.read(fetched);
  }

  /** The leader has no record at the wanted offset. */
  outOfRange(): Promise<void> {
    return this.#turns.unlessAhead(async () => {
      const { signal } = this.#closed;
      const { offset } = this.#writer.position;
      // The bounds are asked for by the topic's name. If the offset is out of range again after that, by the
      // topic's id, then they are those of the same topic.
      if (this.#bounds?.of !== offset) {
        const bounds = await this.#options.source.bounds(this.chain.partition, signal);
        this.#bounds = { ...bounds, of: offset };
        return;
      }
      const { earliest, latest } = this.#bounds;
      this.#bounds = undefined;
      if (offset < earliest.offset) await this.#skip(earliest, 'Kafka has deleted them');
      else await this.#truncated(latest.offset, signal);
    });
  }

  /** The leader's log and what was read of it went apart at `end`, before the wanted offset. */
  diverged(end: number): Promise<void> {
    return this.#turns.unlessAhead(() => this.#truncated(end, this.#closed.signal));
  }

  async #read(fetched: FetchedLog): Promise<void> {
    this.#bounds = undefined;
    const { rewinds } = this.#writer;
    try {
      await this.#reader.read(fetched);
    } catch (error) {
      if (!(error instanceof UnreadableBatchError)) throw error;
      if (this.#writer.rewinds === rewinds) await this.#unreadable(error);
    }
    if (this.#reported !== undefined) this.#log.info({ stop: this.#reported.reason }, 'partition goes on');
    this.#reported = undefined;
  }

  /** Walks the chain and lets fetching begin; ends with what stops it. */
  async #follow(signal: AbortSignal): Promise<PartitionStopError> {
    this.#state = 'walking';
    await this.#writer.settled();
    try {
      this.#writer.start(await this.#chainEnd.find(signal));
    } catch (error) {
      if (error instanceof PartitionStopError) return error;
      throw error;
    }
    signal.throwIfAborted();
    this.#hasWalked = true;
    this.#state = 'fetching';
    this.#options.observer.changed();
    const aborted = Promise.withResolvers<never>();
    signal.addEventListener('abort', () => aborted.reject(signal.reason as Error), { once: true });
    return Promise.race([this.#failures.promise, aborted.promise]);
  }

  async #skip(to: LogPosition, why: string): Promise<void> {
    const gap = await this.#writer.skip(to);
    if (gap === undefined) return;
    this.#log.warn({ gap }, `offsets ${gap.from} to ${gap.to} are recorded as a gap: ${why}`);
    this.#options.observer.gap(this.chain.partition, gap);
  }

  /** @param left where the log went another way than what was read of it, or ended */
  async #truncated(left: number, signal: AbortSignal): Promise<void> {
    const { rewinds } = this.#writer;
    await this.#writer.settled();
    if (this.#writer.rewinds !== rewinds) return;
    const { offset, leaderEpoch } = this.#writer.end;
    if (this.#writer.position.offset !== offset) {
      // What was read and not stored is lost to Kafka. Whether what is stored is too, the next fetch tells.
      this.#log.warn({ left, from: offset }, 'the log was truncated under what was read: reading it again');
      this.#writer.rewind();
      return;
    }
    if (offset === this.#chainEnd.continuedAt) {
      // Nothing of the log is stored in this chain, and what is in the old one was of a log that is lost.
      this.#log.warn(
        { left, from: offset },
        'the log was truncated below the end of the continued chain: beginning there',
      );
      this.#writer.start({ offset: left, leaderEpoch: -1 });
      return;
    }
    const { latest } = await this.#options.source.bounds(this.chain.partition, signal);
    const stop = new PartitionStopError(
      'truncated-log',
      offset,
      `the chain ends there in epoch ${leaderEpoch}, but the log left that epoch at ${left}: ` +
        'Kafka has lost records that are stored, and may hold others in their place',
      `--leader-epoch ${latest.leaderEpoch}`,
    );
    const release = await this.#releases.of(stop, signal);
    // A released log that is again not this one was truncated once more; one that is shorter has nothing here yet.
    const isReleased = release.accepts === 'truncated-log' && release.leaderEpoch !== leaderEpoch;
    if (!isReleased || latest.offset < offset) throw stop;
    this.#writer.start({ offset, leaderEpoch: release.leaderEpoch });
  }

  async #unreadable(error: UnreadableBatchError): Promise<void> {
    const { offset, leaderEpoch } = this.#writer.position;
    const at = Math.max(offset, error.baseOffset);
    if (at >= error.nextOffset) {
      this.#log.warn({ err: error }, 'a batch is not what it says, and every offset of it was read');
      return;
    }
    const stop = new PartitionStopError('unreadable-batch', at, error.message, `--end ${error.nextOffset}`);
    const { rewinds } = this.#writer;
    // What stands before it is stored first: a stop may last until Kafka has deleted that.
    await this.#writer.flushed('stop');
    if (this.#writer.rewinds !== rewinds) return;
    const release = await this.#releases.of(stop, this.#closed.signal);
    if (release.accepts === 'unreadable-batch') {
      await this.#skip({ offset: release.end, leaderEpoch }, 'a release accepts that they cannot be read');
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
    this.#writer.rewind();
    const { reason, at, message } = stop;
    if (this.#reported?.message !== message) {
      const { topic, topicId, partition } = this.chain;
      const release = stop.release && `--chain ${topic}/${topicId}/${partition} ${stop.release}`;
      this.#log.error({ reason, at, release }, `partition stopped: ${message}`);
    }
    this.#reported = stop;
  }
}
