import type { KafkaClient } from '../client.ts';
import { PartitionQueues } from '../partition-queues.ts';
import { platformaticProducer } from './platformatic-producer.ts';

/** The same `Producer`, but the application gathers records and has one send at a time for each partition. */
export const platformaticSerial: KafkaClient = {
  async connectProducer(target) {
    const producer = await platformaticProducer.connectProducer(target);
    const queues = new PartitionQueues((partition, values) => producer.send(partition, values));
    return { send: (partition, values) => queues.send(partition, values), close: () => producer.close() };
  },
};
