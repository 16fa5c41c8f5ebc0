import { once, type EventEmitter } from 'node:events';
import { deliveryTimeoutMs, lingerMs, type KafkaClient } from '../client.ts';

interface Client extends EventEmitter {
  connect(): void;
  disconnect(): void;
}

interface Producer extends Client {
  setPollInterval(ms: number): void;
  produce(
    topic: string,
    partition: number,
    value: Buffer,
    key: null,
    timestamp: null,
    opaque: Delivery,
  ): void;
}

interface Consumer extends Client {
  subscribe(topics: string[]): void;
  consume(count: number, callback: (error: Error | null, messages: unknown[]) => void): void;
}

interface NodeRdkafka {
  Producer: new (options: object) => Producer;
  KafkaConsumer: new (options: object, topicOptions: object) => Consumer;
}

interface Delivery {
  resolve: () => void;
  reject: (error: Error) => void;
}

/** `node-rdkafka` through its delivery reports, polled every millisecond. */
export function nodeRdkafka(require: NodeJS.Require): KafkaClient {
  const rdkafka = require('node-rdkafka') as NodeRdkafka;
  return {
    async connectProducer({ bootstrapServers, topic }) {
      const producer = new rdkafka.Producer({
        'bootstrap.servers': bootstrapServers.join(','),
        'enable.idempotence': true,
        acks: 'all',
        'linger.ms': lingerMs,
        'message.timeout.ms': deliveryTimeoutMs,
        dr_cb: true,
      });
      producer.on('delivery-report', (error: Error | null, { opaque }: { opaque: Delivery }) => {
        if (error) opaque.reject(error);
        else opaque.resolve();
      });
      producer.connect();
      await once(producer, 'ready');
      producer.setPollInterval(1);
      return {
        send: async (partition, values) => {
          await Promise.all(
            values.map(
              (value) =>
                new Promise<void>((resolve, reject) =>
                  producer.produce(topic, partition, value, null, null, { resolve, reject }),
                ),
            ),
          );
        },
        close: () => close(producer),
      };
    },
    async consume({ bootstrapServers, topic }, groupId, onRecords) {
      const consumer = new rdkafka.KafkaConsumer(
        {
          'bootstrap.servers': bootstrapServers.join(','),
          'group.id': groupId,
          'enable.auto.commit': false,
        },
        { 'auto.offset.reset': 'earliest' },
      );
      consumer.connect();
      await once(consumer, 'ready');
      consumer.subscribe([topic]);
      let closing = false;
      const next = () =>
        consumer.consume(1_000, (error, messages) => {
          if (closing) return;
          if (!error) onRecords(messages.length);
          next();
        });
      next();
      return {
        close: () => {
          closing = true;
          return close(consumer);
        },
      };
    },
  };
}

async function close(client: Client): Promise<void> {
  const disconnected = once(client, 'disconnected');
  client.disconnect();
  await disconnected;
}
