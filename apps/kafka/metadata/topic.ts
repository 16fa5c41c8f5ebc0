import { setTimeout as sleep } from 'node:timers/promises';
import type { Brokers } from '../connections/brokers.ts';
import { codes, KafkaError, kafkaFailure } from '../errors.ts';
import type { KafkaHealth } from '../health.ts';
import { TopicMetadata, type TopicView } from './topic-metadata.ts';

/** Not more often than this, however many ask. */
const MIN_INTERVAL_MS = 250;

/** Metadata of a topic that many ask for: what keeps it from coming is told to the health alone. */
export class Topic extends TopicMetadata {
  /** Called when the cluster was asked and the view may be another. */
  onChanged: () => void = () => undefined;
  readonly #health: KafkaHealth;
  #refreshing: Promise<TopicView | undefined> | undefined;

  constructor(name: string, brokers: Brokers, health: KafkaHealth) {
    super(name, brokers);
    this.#health = health;
  }

  /** Asks the cluster again; those who ask at the same time share one request. */
  refresh(): Promise<TopicView | undefined> {
    this.#refreshing ??= this.#refresh().finally(async () => {
      await sleep(MIN_INTERVAL_MS);
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #refresh(): Promise<TopicView | undefined> {
    try {
      await this.update();
      this.#health.succeeded('metadata');
    } catch (error) {
      const isUnknown = error instanceof KafkaError && error.code === codes.unknownTopicOrPartition;
      const unknown = { message: `topic ${this.name} does not exist`, passes: false };
      this.#health.failed('metadata', isUnknown ? unknown : kafkaFailure(error));
    }
    this.onChanged();
    return this.view;
  }
}
