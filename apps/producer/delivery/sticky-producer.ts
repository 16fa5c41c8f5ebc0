import type { PartitionProducer } from './partition-producer.ts';

/**
 * How long records without a key go to one partition before the next one gets them: long enough for many batches in a
 * row, short enough for equal shares within seconds. A switch with every batch costs the brokers more CPU time
 * (docs/performance-notes.md).
 */
const STICKY_MS = 100;
/** If a broker owes a response for this long, records that can go elsewhere do so. */
const SLOW_BROKER_MS = 1_000;

/** Connection to a leader, as far as the choice of a partition depends on it. */
export interface LeaderState {
  readonly isOpen: boolean;
  /** Age of the oldest request in flight. */
  readonly waitingMs: number;
}

/** Chooses the partition of records without a key: the same one for a while, then the next. */
export class StickyProducer {
  readonly #leader: (partition: number) => LeaderState | undefined;
  #index = 0;
  #until = 0;

  /** @param leader the connection to the leader of a partition; `undefined` if the partition has no leader */
  constructor(leader: (partition: number) => LeaderState | undefined) {
    this.#leader = leader;
  }

  /**
   * The current producer; the next idle one if its time is up, it is busy, or its leader does not respond. If no leader
   * responds, any idle producer whose partition has a leader.
   */
  choose(producers: readonly PartitionProducer[]): PartitionProducer | undefined {
    const now = performance.now();
    const first = now < this.#until ? 0 : 1;
    const anyResponds = producers.some((producer) => this.leaderResponds(producer));
    for (let step = first; step < first + producers.length; step++) {
      const index = (this.#index + step) % producers.length;
      const producer = producers[index];
      if (producer === undefined || producer.busy) continue;
      const fit = anyResponds
        ? this.leaderResponds(producer)
        : this.#leader(producer.partition) !== undefined;
      if (!fit) continue;
      if (step > 0) {
        this.#index = index;
        this.#until = now + STICKY_MS;
      }
      return producer;
    }
    return undefined;
  }

  leaderResponds({ partition }: PartitionProducer): boolean {
    const leader = this.#leader(partition);
    return leader?.isOpen === true && leader.waitingMs < SLOW_BROKER_MS;
  }
}
