import { Consumer, Producer } from '@platformatic/kafka';
import type { KafkaClient } from '../client.ts';

/** `@platformatic/kafka` as its documentation shows it: one `Producer`, any number of sends at once. */
export const platformaticProducer: KafkaClient = {
  async connectProducer({ bootstrapServers, topic }) {
    const producer = new Producer({
      clientId: 'bench',
      bootstrapBrokers: bootstrapServers,
      idempotent: true,
    });
    await producer.initIdempotentProducer({});
    return {
      send: async (partition, values) => {
        await producer.send({ messages: values.map((value) => ({ topic, partition, value })) });
      },
      close: () => producer.close(),
    };
  },
  async consume({ bootstrapServers, topic }, groupId, onRecords) {
    const consumer = new Consumer({
      clientId: 'bench',
      groupId,
      bootstrapBrokers: bootstrapServers,
      maxWaitTime: 500,
    });
    const stream = await consumer.consume({ topics: [topic], mode: 'earliest', autocommit: false });
    stream.on('data', () => onRecords(1));
    return { close: () => consumer.close(true) };
  },
};
