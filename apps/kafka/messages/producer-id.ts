import { initProducerIdV4 } from '../client.ts';
import type { Brokers } from '../connections/brokers.ts';
import { KafkaError, NONE } from '../errors.ts';
import type { ProducerId } from '../records/encode-batch.ts';

/** A producer id that nobody had before. @throws where no broker gives one now */
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
