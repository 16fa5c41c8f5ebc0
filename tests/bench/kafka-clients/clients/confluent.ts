import { deliveryTimeoutMs, lingerMs, type KafkaClient } from '../client.ts';

interface Confluent {
  KafkaJS: {
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
          partitionsConsumedConcurrently: number;
          eachBatch: (payload: { batch: { messages: unknown[] } }) => Promise<void>;
        }): Promise<void>;
        disconnect(): Promise<void>;
      };
    };
  };
}

/** `@confluentinc/kafka-javascript` through its promises, with librdkafka's own names for the settings. */
export function confluent(require: NodeJS.Require): KafkaClient {
  const { KafkaJS } = require('@confluentinc/kafka-javascript') as Confluent;
  const connect = (bootstrapServers: string[]) =>
    new KafkaJS.Kafka({ 'bootstrap.servers': bootstrapServers.join(','), log_level: 0 });
  return {
    async connectProducer({ bootstrapServers, topic }) {
      const producer = connect(bootstrapServers).producer({
        'enable.idempotence': true,
        acks: 'all',
        'linger.ms': lingerMs,
        'message.timeout.ms': deliveryTimeoutMs,
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
      const consumer = connect(bootstrapServers).consumer({
        'group.id': groupId,
        'auto.offset.reset': 'earliest',
        'enable.auto.commit': false,
        'js.consumer.max.batch.size': -1,
      });
      await consumer.connect();
      await consumer.subscribe({ topics: [topic] });
      await consumer.run({
        partitionsConsumedConcurrently: 6,
        eachBatch: ({ batch }) => {
          onRecords(batch.messages.length);
          return Promise.resolve();
        },
      });
      return { close: () => consumer.disconnect() };
    },
  };
}
