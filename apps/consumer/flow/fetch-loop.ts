import { setTimeout as sleep } from 'node:timers/promises';
import { codes, KafkaError, kafkaFailure, NONE } from '../../kafka/errors.ts';
import type { Fetcher, FetchPartition, PartitionResponse } from '../../kafka/messages/fetch.ts';
import type { KafkaHealth } from '../../kafka/health.ts';
import type { TopicView } from '../../kafka/metadata/topic-metadata.ts';
import type { Topic } from '../../kafka/metadata/topic.ts';
import { MemoryShare, type MemoryAccount } from '../../service/memory/memory-account.ts';
import type { Partition } from './partition.ts';
import type { FetchPosition } from './read-ahead.ts';

/** How long a broker waits for records; a partition that becomes ready meanwhile waits as long. */
export const MAX_WAIT_MS = 250;
const MAX_PARTITION_BYTES = 1024 * 1024;
/** The bytes of a response are garbage once they are copied; small ones are collected sooner. */
const MAX_BYTES = 1024 * 1024;
const RETRY_MS = 250;

export interface FetchLoopOptions {
  readonly fetcher: Fetcher;
  readonly topic: Topic;
  /** The partitions that this consumer owns; may change at any time. */
  readonly partitions: ReadonlyMap<number, Partition>;
  /** Bounds fetched records that are not in segments yet. */
  readonly fetched: MemoryAccount;
  /** Must have room before more is fetched. */
  readonly buffers: MemoryAccount;
  readonly health: KafkaHealth;
  /** Called with the high watermark of a partition. */
  readonly onLogEnd: (partition: number, offset: number) => void;
  readonly signal: AbortSignal;
}

/** A fetch of one partition, as part of a request. */
interface PendingFetch extends FetchPartition {
  readonly owner: Partition;
  readonly from: FetchPosition;
}

/** Fetches from where the partitions read, one request at a time from each broker that leads some of them. */
export class FetchLoop {
  readonly #options: FetchLoopOptions;
  /** Node ids of the brokers with a request in flight. */
  readonly #busy = new Set<number>();
  readonly #backingOff = new WeakSet<Partition>();
  #rotation = 0;

  constructor(options: FetchLoopOptions) {
    this.#options = options;
  }

  /** Sends a request to each broker that has none in flight and leads a partition to fetch. Call it when that may have changed. */
  pump(): void {
    const { topic, signal } = this.#options;
    const { view } = topic;
    if (signal.aborted || view === undefined) return;
    for (const nodeId of this.#fetchesByLeader(view).keys()) {
      if (!this.#busy.has(nodeId)) void this.#fetch(nodeId);
    }
  }

  async #fetch(nodeId: number): Promise<void> {
    const { fetcher, topic, fetched, buffers, health, signal } = this.#options;
    const share = new MemoryShare(fetched);
    this.#busy.add(nodeId);
    try {
      await buffers.room(1, signal);
      await fetched.room(MAX_BYTES, signal);
      const { view } = topic;
      const fetches = view === undefined ? undefined : this.#fetchesByLeader(view).get(nodeId);
      if (signal.aborted || view === undefined || fetches === undefined) return;
      share.set(MAX_BYTES);
      const responses = await fetcher.fetch(nodeId, {
        topic: view.uuid,
        partitions: this.#rotated(fetches),
        maxWaitMs: MAX_WAIT_MS,
        maxBytes: MAX_BYTES,
        maxPartitionBytes: MAX_PARTITION_BYTES,
        read: 'committed',
      });
      share.set(0);
      health.succeeded('fetch');
      for (const response of responses) {
        const fetch = fetches.find(({ partition }) => partition === response.partition);
        void this.#handle(fetch, response);
      }
    } catch (error) {
      share.set(0);
      health.failed('fetch', kafkaFailure(error));
      await Promise.all([topic.refresh(), sleep(RETRY_MS)]);
    } finally {
      this.#busy.delete(nodeId);
    }
    this.pump();
  }

  async #handle(fetch: PendingFetch | undefined, response: PartitionResponse): Promise<void> {
    const share = new MemoryShare(this.#options.fetched);
    share.set(response.log.memoryBytes);
    try {
      if (fetch !== undefined) await this.#dispatch(fetch, response);
    } finally {
      response.log.release();
      share.set(0);
    }
  }

  /** Passes a response to its partition, unless this consumer has given that up. */
  #dispatch({ owner, from }: PendingFetch, response: PartitionResponse): Promise<void> {
    const { partitions, onLogEnd } = this.#options;
    const { partition, errorCode, highWatermark, divergedAt, aborted, log } = response;
    if (partitions.get(partition) !== owner) return Promise.resolve();
    switch (errorCode) {
      case NONE:
        onLogEnd(partition, highWatermark);
        if (divergedAt !== undefined) return owner.diverged(from, divergedAt);
        return owner.accept(from, { log: log.bytes, aborted });
      case codes.offsetOutOfRange:
        return owner.outOfRange(from);
      default:
        return this.#backOff(owner, new KafkaError(`fetch partition ${partition}`, errorCode));
    }
  }

  /** Fetches again after a pause and new metadata: the leader has moved, or the topic has another id. */
  async #backOff(owner: Partition, error: KafkaError): Promise<void> {
    const { topic, health } = this.#options;
    this.#backingOff.add(owner);
    if (!error.passes) health.failed('fetch', error);
    await Promise.all([topic.refresh(), sleep(RETRY_MS)]);
    this.#backingOff.delete(owner);
    this.pump();
  }

  #fetchesByLeader({ id }: TopicView): Map<number, PendingFetch[]> {
    const byLeader = new Map<number, PendingFetch[]>();
    for (const [partition, owner] of this.#options.partitions) {
      const { fetchPosition: from } = owner;
      const leader = this.#options.topic.leader(partition);
      if (from === undefined || leader === undefined) continue;
      if (owner.chain.topicId !== id || this.#backingOff.has(owner)) continue;
      const { offset, leaderEpoch: lastFetchedEpoch } = from;
      const fetches = byLeader.get(leader.nodeId) ?? [];
      fetches.push({ owner, from, partition, offset, lastFetchedEpoch, leaderEpoch: leader.epoch });
      byLeader.set(leader.nodeId, fetches);
    }
    return byLeader;
  }

  /** A broker fills its response in the order of the request: each time another partition comes first. */
  #rotated(fetches: readonly PendingFetch[]): PendingFetch[] {
    const first = this.#rotation++ % fetches.length;
    return [...fetches.slice(first), ...fetches.slice(0, first)];
  }
}
