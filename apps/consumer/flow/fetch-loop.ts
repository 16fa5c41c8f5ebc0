import { setTimeout as sleep } from 'node:timers/promises';
import { codes, KafkaError, kafkaFailure, NONE } from '../../kafka/errors.ts';
import type { Fetcher, FetchPartition, PartitionResponse } from '../../kafka/messages/fetch.ts';
import type { KafkaHealth } from '../../kafka/health.ts';
import type { TopicView } from '../../kafka/metadata/topic-metadata.ts';
import type { Topic } from '../../kafka/metadata/topic.ts';
import { MemoryShare, type MemoryAccount } from '../../service/memory/memory-account.ts';
import type { Partition } from './partition.ts';
import type { FetchPosition } from './read-ahead.ts';

/** How long a broker may wait for records: also how long a partition that comes to want some may have to. */
export const MAX_WAIT_MS = 250;
const MAX_PARTITION_BYTES = 1024 * 1024;
/** What an answer takes is garbage once it is copied: the less, the sooner it is collected. */
const MAX_BYTES = 1024 * 1024;
const RETRY_MS = 250;

export interface FetchLoopOptions {
  readonly fetcher: Fetcher;
  readonly topic: Topic;
  /** What this consumer owns, by partition; may change at any time. */
  readonly partitions: ReadonlyMap<number, Partition>;
  /** Bounds what was fetched and not taken yet. */
  readonly fetched: MemoryAccount;
  /** Is asked for room before more is fetched. */
  readonly buffers: MemoryAccount;
  readonly health: KafkaHealth;
  /** Gets how far the log of a partition reaches. */
  readonly onLogEnd: (partition: number, offset: number) => void;
  readonly signal: AbortSignal;
}

interface Wish extends FetchPartition {
  readonly owner: Partition;
  readonly from: FetchPosition;
}

/** Fetches what the partitions want, one request at a time from each broker that leads some of them. */
export class FetchLoop {
  readonly #options: FetchLoopOptions;
  readonly #busy = new Set<number>();
  readonly #held = new WeakSet<Partition>();
  #first = 0;

  constructor(options: FetchLoopOptions) {
    this.#options = options;
  }

  /** Fetches where something is wanted and nothing is under way. To be called whenever that may have changed. */
  pump(): void {
    const { topic, signal } = this.#options;
    const { view } = topic;
    if (signal.aborted || view === undefined) return;
    for (const nodeId of this.#wishes(view).keys()) {
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
      const wishes = view === undefined ? undefined : this.#wishes(view).get(nodeId);
      if (signal.aborted || view === undefined || wishes === undefined) return;
      share.set(MAX_BYTES);
      const answers = await fetcher.fetch(nodeId, {
        topic: view.uuid,
        partitions: this.#rotated(wishes),
        maxWaitMs: MAX_WAIT_MS,
        maxBytes: MAX_BYTES,
        maxPartitionBytes: MAX_PARTITION_BYTES,
        read: 'committed',
      });
      share.set(0);
      health.succeeded('fetch');
      for (const answer of answers) {
        const wish = wishes.find(({ partition }) => partition === answer.partition);
        void this.#take(wish, answer);
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

  async #take(wish: Wish | undefined, answer: PartitionResponse): Promise<void> {
    const share = new MemoryShare(this.#options.fetched);
    share.set(answer.log.memoryBytes);
    try {
      if (wish !== undefined) await this.#hand(wish, answer);
    } finally {
      answer.log.release();
      share.set(0);
    }
  }

  /** Hands an answer to its partition, unless that has been given up meanwhile. */
  #hand({ owner, from }: Wish, answer: PartitionResponse): Promise<void> {
    const { partitions, onLogEnd } = this.#options;
    const { partition, errorCode, highWatermark, divergedAt, aborted, log } = answer;
    if (partitions.get(partition) !== owner) return Promise.resolve();
    switch (errorCode) {
      case NONE:
        onLogEnd(partition, highWatermark);
        if (divergedAt !== undefined) return owner.diverged(from, divergedAt);
        return owner.accept(from, { log: log.bytes, aborted });
      case codes.offsetOutOfRange:
        return owner.outOfRange(from);
      default:
        return this.#hold(owner, new KafkaError(`fetch partition ${partition}`, errorCode));
    }
  }

  /** The leader has moved, or the topic has another id: fetches again after the cluster was asked. */
  async #hold(owner: Partition, error: KafkaError): Promise<void> {
    const { topic, health } = this.#options;
    this.#held.add(owner);
    if (!error.passes) health.failed('fetch', error);
    await Promise.all([topic.refresh(), sleep(RETRY_MS)]);
    this.#held.delete(owner);
    this.pump();
  }

  #wishes({ id }: TopicView): Map<number, Wish[]> {
    const byLeader = new Map<number, Wish[]>();
    for (const [partition, owner] of this.#options.partitions) {
      const { fetchPosition: from } = owner;
      const leader = this.#options.topic.leader(partition);
      if (from === undefined || leader === undefined) continue;
      if (owner.chain.topicId !== id || this.#held.has(owner)) continue;
      const { offset, leaderEpoch: lastEpoch } = from;
      const wishes = byLeader.get(leader.nodeId) ?? [];
      wishes.push({ owner, from, partition, offset, lastEpoch, leaderEpoch: leader.epoch });
      byLeader.set(leader.nodeId, wishes);
    }
    return byLeader;
  }

  /** A broker fills its answer in the order of the request: each time another partition comes first. */
  #rotated(wishes: readonly Wish[]): Wish[] {
    const first = this.#first++ % wishes.length;
    return [...wishes.slice(first), ...wishes.slice(0, first)];
  }
}
