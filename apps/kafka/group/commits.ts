import type { LogPosition } from '../log-position.ts';
import { Backoff } from '../../service/backoff.ts';
import type { KafkaHealth } from '../health.ts';
import type { Brokers } from '../connections/brokers.ts';
import type { Coordinator } from './coordinator.ts';
import { codes, KafkaError, kafkaFailure } from '../errors.ts';
import { commitOffsets, type Ownership } from '../messages/offsets.ts';

/** The coordinator does not accept this member as owner any more: drop the commit, do not retry it. */
const PAST: ReadonlySet<number> = new Set([
  codes.illegalGeneration,
  codes.unknownMemberId,
  codes.fencedInstanceId,
  codes.rebalanceInProgress,
]);

const FIRST_BACKOFF_MS = 100;
const MAX_BACKOFF_MS = 2000;

export interface CommitsOptions {
  readonly brokers: Brokers;
  readonly coordinator: Coordinator;
  readonly topic: string;
  readonly ownership: () => Ownership | undefined;
  readonly health: KafkaHealth;
  readonly signal: AbortSignal;
}

interface Noted {
  readonly end: LogPosition;
  /** The member that noted it: a later generation must not commit it as its own. */
  readonly owner: Ownership | undefined;
}

/**
 * Commits the ends of chains: the newest of each partition, one request at a time. A commit serves only the lag and a
 * shorter next walk, so commits of an older generation are dropped.
 */
export class Commits {
  readonly #options: CommitsOptions;
  #pending = new Map<number, Noted>();
  #committing: Promise<void> | undefined;

  constructor(options: CommitsOptions) {
    this.#options = options;
  }

  note(partition: number, end: LogPosition): void {
    this.#pending.set(partition, { end, owner: this.#options.ownership() });
    this.#committing ??= this.#commitAll().finally(() => (this.#committing = undefined));
  }

  /** Resolves when no commit is pending. */
  async settled(): Promise<void> {
    await this.#committing;
  }

  async #commitAll(): Promise<void> {
    const { ownership, health, signal } = this.#options;
    const backoff = new Backoff(FIRST_BACKOFF_MS, MAX_BACKOFF_MS);
    // Gather the commits of the same tick in one request.
    await Promise.resolve();
    while (this.#pending.size > 0 && !signal.aborted) {
      const owner = ownership();
      const noted = [...this.#pending].filter((entry) => owner !== undefined && entry[1].owner === owner);
      this.#pending = new Map();
      if (owner === undefined || noted.length === 0) continue;
      try {
        await this.#commit(owner, new Map(noted.map(([partition, { end }]) => [partition, end])));
        health.succeeded('commit');
        backoff.reset();
      } catch (error) {
        if (error instanceof KafkaError && PAST.has(error.code)) continue;
        health.failed('commit', kafkaFailure(error));
        this.#pending = new Map([...noted, ...this.#pending]);
        await backoff.wait(signal).catch(() => undefined);
      }
    }
    // The failed commits may have been dropped meanwhile, since other members own their partitions.
    health.abandoned('commit');
  }

  #commit(owner: Ownership, ends: ReadonlyMap<number, LogPosition>): Promise<void> {
    const { brokers, coordinator, topic } = this.#options;
    return coordinator.ask((nodeId) =>
      commitOffsets(brokers, nodeId, coordinator.groupId, owner, topic, ends),
    );
  }
}
