import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../service/log.ts';
import { Backoff } from '../../service/backoff.ts';
import { FetchLoop } from './fetch-loop.ts';
import type { Brokers } from '../../kafka/connections/brokers.ts';
import { Commits } from '../../kafka/group/commits.ts';
import type { Coordinator } from '../../kafka/group/coordinator.ts';
import { kafkaFailure } from '../../kafka/errors.ts';
import type { Fetcher } from '../../kafka/messages/fetch.ts';
import { GroupMember } from '../../kafka/group/member.ts';
import { firstTimestamp } from '../../kafka/messages/first-timestamp.ts';
import { readLogEnds } from '../../kafka/messages/log-ends.ts';
import { committedOffset, logBound } from '../../kafka/messages/offsets.ts';
import type { KafkaHealth, KafkaOperation } from '../../kafka/health.ts';
import type { Topic } from '../../kafka/metadata/topic.ts';
import { Lag } from './lag.ts';
import type { ChainId } from '../object/segment.ts';
import type { MemoryAccount } from '../../service/memory/memory-account.ts';
import type { LogBounds, PartitionSource } from '../chain/partition-source.ts';
import type { Partition } from './partition.ts';

/** Interval of the requests for metadata and for the ends of the logs. */
const REFRESH_MS = 10_000;
const FIRST_BACKOFF_MS = 100;
const MAX_BACKOFF_MS = 5000;

export interface ConsumeOptions {
  readonly brokers: Brokers;
  readonly fetcher: Fetcher;
  readonly coordinator: Coordinator;
  readonly topic: Topic;
  readonly sessionTimeoutMs: number;
  /** Opens a partition that the group has assigned. */
  readonly open: (chain: ChainId, source: PartitionSource, onChanged: () => void) => Partition;
  /** Bounds fetched records that are not in segments yet. */
  readonly fetched: MemoryAccount;
  readonly buffers: MemoryAccount;
  readonly health: KafkaHealth;
  readonly log: Log;
  /** Milliseconds since the epoch, as in records. */
  readonly now: () => number;
}

/** Consumes a topic as a member of a group: opens the assigned partitions and fetches for them. */
export class Consumption implements PartitionSource {
  readonly #options: ConsumeOptions;
  readonly #stopping = new AbortController();
  /** Ends the commits, after everything else. */
  readonly #ending = new AbortController();
  readonly #partitions = new Map<number, Partition>();
  /** Of all assigned partitions, open or not. */
  readonly #lags = new Map<number, Lag>();
  readonly #member: GroupMember;
  readonly #commits: Commits;
  readonly #fetchLoop: FetchLoop;
  #assigned: readonly number[] = [];
  #running: Promise<unknown> = Promise.resolve();

  constructor(options: ConsumeOptions) {
    this.#options = options;
    const { signal } = this.#stopping;
    this.#member = new GroupMember({ ...options, onAssigned: (partitions) => this.#onAssigned(partitions) });
    this.#commits = new Commits({
      ...options,
      topic: options.topic.name,
      ownership: () => this.#member.ownership,
      signal: this.#ending.signal,
    });
    this.#fetchLoop = new FetchLoop({
      ...options,
      partitions: this.#partitions,
      onLogEnd: (partition, offset) => this.#onLogEnd(partition, offset),
      signal,
    });
  }

  /** The partitions that the group has assigned. */
  get assigned(): readonly number[] {
    return this.#assigned;
  }

  /** The open partitions. */
  get partitions(): ReadonlyMap<number, Partition> {
    return this.#partitions;
  }

  get rebalances(): number {
    return this.#member.rebalances;
  }

  /** Whether this consumer is a member of the group, with or without partitions. */
  get isMember(): boolean {
    return this.#member.ownership !== undefined;
  }

  /** Offsets of the log that are not stored yet; `undefined` until both ends are known. */
  lag(partition: number): number | undefined {
    return this.#lags.get(partition)?.records(this.#partitions.get(partition));
  }

  /** Age of the first unstored record; `undefined` for a partition that is not assigned. */
  oldestUnstoredMs(partition: number): number | undefined {
    return this.#lags.get(partition)?.oldestMs(this.#options.now(), this.#partitions.get(partition));
  }

  /** Milliseconds since the epoch. */
  now(): number {
    return this.#options.now();
  }

  start(): void {
    const { signal } = this.#stopping;
    this.#running = Promise.all([this.#member.run(signal), this.#refresh(signal)]);
  }

  /** Frees memory: flushes the largest open segment. */
  relieve(): void {
    const partitions = [...this.#partitions.values()];
    const largest = partitions.sort((a, b) => b.flushableBytes - a.flushableBytes)[0];
    if (largest !== undefined && largest.flushableBytes > 0) largest.flushForMemory();
  }

  /**
   * Stops reading, waits for the uploads in progress, commits them and leaves the group.
   *
   * @param deadline as of `performance.now()`; the next owner reads again what is not stored by then
   */
  async stop(deadline: number): Promise<void> {
    this.#stopping.abort();
    const partitions = [...this.#partitions.values()];
    const late = sleep(Math.max(0, deadline - performance.now()), undefined, { ref: false });
    await Promise.race([Promise.all(partitions.map((partition) => partition.close(true))), late]);
    await Promise.race([this.#commits.settled(), late]);
    this.#ending.abort();
    await Promise.all(partitions.map((partition) => partition.close(false)));
    await Promise.race([this.#running, late]);
    await Promise.race([this.#member.leave(), late]);
  }

  committed(partition: number, signal: AbortSignal): Promise<number | undefined> {
    const { brokers, coordinator, topic } = this.#options;
    return this.#persist('offsets', signal, () =>
      coordinator.ask((nodeId) =>
        committedOffset(brokers, nodeId, coordinator.groupId, topic.name, partition),
      ),
    );
  }

  bounds(partition: number, signal: AbortSignal): Promise<LogBounds> {
    const { brokers, topic } = this.#options;
    return this.#persist('offsets', signal, async () => {
      const leader = topic.leader(partition);
      if (leader === undefined) throw new Error(`partition ${partition} has no leader`);
      const earliest = await logBound(brokers, topic.name, partition, leader, 'earliest');
      return { earliest, latest: await logBound(brokers, topic.name, partition, leader, 'latest') };
    });
  }

  commit(...noted: Parameters<PartitionSource['commit']>): void {
    this.#commits.note(...noted);
  }

  #onAssigned(partitions: readonly number[]): void {
    this.#assigned = partitions;
    for (const partition of this.#lags.keys())
      if (!partitions.includes(partition)) this.#lags.delete(partition);
    for (const partition of partitions) if (!this.#lags.has(partition)) this.#beginLag(partition);
    this.#reconcile();
    // The last generation may have stored records whose commit was refused.
    for (const partition of this.#partitions.values()) partition.commitAgain();
  }

  /** Opens assigned partitions that exist; closes those that are no longer assigned or are of another topic id. */
  #reconcile(): void {
    const { topic, open, health, log } = this.#options;
    const { view } = topic;
    for (const [number, partition] of this.#partitions) {
      const isSameTopic = view === undefined || view.id === partition.chain.topicId;
      if (this.#assigned.includes(number) && isSameTopic) continue;
      this.#partitions.delete(number);
      if (this.#lags.has(number)) this.#beginLag(number);
      void partition.close(false);
    }
    if (this.#partitions.size === 0) health.abandoned('fetch');
    if (view === undefined || this.#stopping.signal.aborted) return;
    for (const number of this.#assigned) {
      if (this.#partitions.has(number) || number >= view.leaders.length) continue;
      const chain = { topic: topic.name, topicId: view.id, partition: number };
      const partition = open(chain, this, () => this.#fetchLoop.pump());
      this.#partitions.set(number, partition);
      log.debug({ ...chain }, 'partition opened');
      void partition.run();
    }
  }

  async #refresh(signal: AbortSignal): Promise<void> {
    const { topic } = this.#options;
    topic.onChanged = () => {
      this.#reconcile();
      this.#fetchLoop.pump();
    };
    while (!signal.aborted) {
      await topic.refresh();
      const ends = await readLogEnds(this.#options, this.#partitions.keys());
      for (const [partition, end] of ends) this.#onLogEnd(partition, end);
      await this.#readFirstTimestamps(signal);
      await sleep(REFRESH_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  #beginLag(partition: number): void {
    this.#lags.set(partition, new Lag(this.#options.now()));
  }

  #onLogEnd(partition: number, offset: number): void {
    this.#lags.get(partition)?.logEnds(offset, this.#options.now(), this.#partitions.get(partition));
  }

  /** For partitions that are behind without a record read: stopped, walking, or waiting for memory. */
  async #readFirstTimestamps(signal: AbortSignal): Promise<void> {
    const { fetcher, topic, health, now } = this.#options;
    for (const [number, partition] of this.#partitions) {
      const lag = this.#lags.get(number);
      const from = lag?.unknown(partition);
      const leader = topic.leader(number);
      const { view } = topic;
      if (signal.aborted) return;
      if (from === undefined || leader === undefined || view?.id !== partition.chain.topicId) continue;
      try {
        const timestamp = await firstTimestamp(fetcher, view.uuid, number, leader, from);
        if (timestamp !== undefined) lag?.found(from, timestamp, now());
      } catch (error) {
        health.failed('log-ends', kafkaFailure(error));
      }
    }
  }

  async #persist<Response>(
    operation: KafkaOperation,
    signal: AbortSignal,
    request: () => Promise<Response>,
  ): Promise<Response> {
    const { health, topic } = this.#options;
    const backoff = new Backoff(FIRST_BACKOFF_MS, MAX_BACKOFF_MS);
    for (;;) {
      if (signal.aborted) health.abandoned(operation);
      signal.throwIfAborted();
      try {
        const response = await request();
        health.succeeded(operation);
        return response;
      } catch (error) {
        health.failed(operation, kafkaFailure(error));
        await topic.refresh();
        await backoff.wait(signal).catch(() => undefined);
      }
    }
  }
}
