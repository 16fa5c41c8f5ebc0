import { setTimeout as sleep } from 'node:timers/promises';
import type { Brokers } from '../connections/brokers.ts';
import { codes, KafkaError, kafkaFailure } from '../errors.ts';
import type { KafkaHealth } from '../health.ts';
import { TopicMetadata, type TopicView } from './topic-metadata.ts';

/** Minimum interval between two requests, however many callers there are. */
const MIN_INTERVAL_MS = 250;

/** Metadata of a topic with many callers. Reports errors to the health only. */
export class Topic extends TopicMetadata {
  /** Called after each request whose response may have changed the view. */
  onChanged: () => void = () => undefined;
  readonly #health: KafkaHealth;
  #refreshing: Promise<TopicView | undefined> | undefined;

  constructor(name: string, brokers: Brokers, health: KafkaHealth) {
    super(name, brokers);
    this.#health = health;
  }

  /** Requests metadata; concurrent callers share one request. */
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
