import { initProducerIdV4 } from '../client.ts';
import type { Brokers } from '../connections/brokers.ts';
import { KafkaError, NONE } from '../errors.ts';
import type { ProducerId } from '../records/encode-batch.ts';

/** Requests a new producer id. @throws if no broker returns one */
export function newProducerId(brokers: Brokers): Promise<ProducerId> {
  return brokers.askAny(
    initProducerIdV4.api,
    [null, 0, -1n, -1],
    ({ errorCode, producerId, producerEpoch }) => {
      if (errorCode !== NONE) throw new KafkaError('producer id', errorCode);
      return { id: producerId, epoch: producerEpoch };
    },
  );
}
