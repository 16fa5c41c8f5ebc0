import { Registry } from 'prom-client';
import { MemoryAccount } from '../../../../apps/service/memory/memory-account.ts';
import { readConfig } from '../../../../apps/producer/config.ts';
import { partitionOf } from '../../../../apps/kafka/records/encode-batch.ts';
import { KafkaRecordLog } from '../../../../apps/producer/delivery/kafka-record-log.ts';
import { deliveryMetrics } from '../../../../apps/producer/metrics.ts';
import { createLog } from '../../../../apps/service/log.ts';
import { waitUntil } from '../../../../infra/local/wait.ts';
import { lingerMs, type KafkaClient } from '../client.ts';
import { partitions } from '../produce.ts';

/**
 * What `apps/producer` does: `@platformatic/kafka` for connections and encoding, own batches,
 * one in flight for each partition. Without a key it is the producer that chooses the partition, record by record.
 */
export function headwater(records: 'with-keys' | 'without-keys'): KafkaClient {
  return {
    async connectProducer({ bootstrapServers, topic }) {
      const { kafka, delivery, queue } = readConfig({
        KAFKA_BOOTSTRAP_SERVERS: bootstrapServers.join(','),
        KAFKA_TOPIC: topic,
        LINGER_MS: String(lingerMs),
        // The other clients queue without a bound: with the default some records would be refused at once here.
        QUEUE_MAX_RECORDS: '200000',
        QUEUE_MAX_BYTES: String(2 ** 29),
      });
      const recordLog = new KafkaRecordLog({
        kafka,
        topic,
        limits: delivery,
        budget: new MemoryAccount({ bytes: queue.maxBytes, records: queue.maxRecords }),
        metrics: deliveryMetrics(new Registry()),
        log: createLog('bench', 'silent'),
      });
      recordLog.start();
      await waitUntil(() => recordLog.notReady() === undefined, { what: 'ready', deadlineMs: 30_000 });
      return {
        send: async (partition, values) => {
          const key = records === 'with-keys' ? { key: keyOf(partition) } : {};
          await Promise.all(values.map((value) => recordLog.append({ ...key, value, headers: new Map() })));
        },
        close: () => recordLog.close(performance.now() + 5_000),
      };
    },
  };
}

const keys = new Map<number, Buffer>();

/** A key that leads to the partition. */
function keyOf(partition: number): Buffer {
  for (let number = keys.size; !keys.has(partition); number += 1) {
    const key = Buffer.from(`key-${number}`);
    keys.set(partitionOf(key, partitions), key);
  }
  return keys.get(partition) ?? Buffer.alloc(0);
}
