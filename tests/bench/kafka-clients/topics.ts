import { Admin, Consumer } from '@platformatic/kafka';
import { waitUntil } from '../../../infra/local/wait.ts';
import type { Target } from './client.ts';
import { partitions } from './produce.ts';

const replicas = 3;

/** The topics of one cluster: one for each measurement, so that none inherits another's records. */
export class Topics {
  readonly #admin: Admin;
  readonly #bootstrapServers: string[];
  #made = 0;

  constructor(bootstrapServers: string[]) {
    this.#bootstrapServers = bootstrapServers;
    this.#admin = new Admin({ clientId: 'bench', bootstrapBrokers: bootstrapServers });
  }

  /** Has the brokers make the topic of the consumer groups, which they cannot while one of them is down. */
  async prepareGroups(): Promise<void> {
    const consumer = new Consumer({
      clientId: 'bench',
      groupId: 'bench',
      bootstrapBrokers: this.#bootstrapServers,
    });
    try {
      await waitUntil(async () => (await consumer.findGroupCoordinator()) > 0, {
        what: 'given a coordinator: a consumer group',
        deadlineMs: 60_000,
      });
    } finally {
      await consumer.close();
    }
  }

  /** Resolves once every replica of every partition is in sync. */
  async create(): Promise<Target> {
    this.#made += 1;
    const topic = `bench-${this.#made}`;
    await this.#admin.createTopics({ topics: [topic], partitions, replicas });
    await this.inSync(topic);
    return { bootstrapServers: this.#bootstrapServers, topic };
  }

  async inSync(topic: string): Promise<void> {
    await waitUntil(
      async () => {
        const metadata = await this.#admin.metadata({ topics: [topic], forceUpdate: true });
        const found = metadata.topics.get(topic)?.partitions ?? [];
        return found.length === partitions && found.every(({ isr }) => isr.length === replicas);
      },
      { what: `in sync: ${topic}`, deadlineMs: 60_000 },
    );
  }

  async delete({ topic }: Target): Promise<void> {
    await this.#admin.deleteTopics({ topics: [topic] });
  }

  async close(): Promise<void> {
    await this.#admin.close();
  }
}
