import type { KafkaClient } from '../client.ts';

interface KafkaJs {
  Kafka: new (options: object) => {
    producer(options: object): {
      connect(): Promise<void>;
      send(record: { topic: string; messages: { partition: number; value: Buffer }[] }): Promise<unknown>;
      disconnect(): Promise<void>;
    };
    consumer(options: object): {
      connect(): Promise<void>;
      subscribe(options: object): Promise<void>;
      run(options: {
        autoCommit: false;
        eachBatch: (payload: { batch: { messages: unknown[] } }) => Promise<void>;
      }): Promise<void>;
      disconnect(): Promise<void>;
    };
  };
  logLevel: { NOTHING: number };
}

/** KafkaJS with its defaults; idempotence is an experimental feature of it. */
export function kafkajs(require: NodeJS.Require): KafkaClient {
  const { Kafka, logLevel } = require('kafkajs') as KafkaJs;
  const connect = (bootstrapServers: string[]) =>
    new Kafka({ clientId: 'bench', brokers: bootstrapServers, logLevel: logLevel.NOTHING });
  return {
    async connectProducer({ bootstrapServers, topic }) {
      const producer = connect(bootstrapServers).producer({
        idempotent: true,
        allowAutoTopicCreation: false,
      });
      await producer.connect();
      return {
        send: async (partition, values) => {
          await producer.send({ topic, messages: values.map((value) => ({ partition, value })) });
        },
        close: () => producer.disconnect(),
      };
    },
    async consume({ bootstrapServers, topic }, groupId, onRecords) {
      const consumer = connect(bootstrapServers).consumer({ groupId });
      await consumer.connect();
      await consumer.subscribe({ topics: [topic], fromBeginning: true });
      await consumer.run({
        autoCommit: false,
        eachBatch: ({ batch }) => {
          onRecords(batch.messages.length);
          return Promise.resolve();
        },
      });
      return { close: () => consumer.disconnect() };
    },
  };
}
