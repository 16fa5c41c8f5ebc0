import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { Registry } from 'prom-client';
import { MemoryAccount } from '../../../../apps/service/memory/memory-account.ts';
import { partitionOf } from '../../../../apps/kafka/records/encode-batch.ts';
import { KafkaRecordLog } from '../../../../apps/producer/delivery/kafka-record-log.ts';
import type { DeliveryLimits } from '../../../../apps/producer/delivery/limits.ts';
import { DeliveryError, type StoredRecord } from '../../../../apps/producer/delivery/record-log.ts';
import { deliveryMetrics } from '../../../../apps/producer/metrics.ts';
import { createLog } from '../../../../apps/service/log.ts';
import { waitUntil } from '../../../../infra/local/wait.ts';
import type { ScriptedBroker } from '../../kafka/scripted/broker.ts';
import { codeOf } from '../../kafka/scripted/apis.ts';
import { ScriptedCluster } from '../../kafka/scripted/cluster.ts';
import type { SentBatch } from '../../kafka/scripted/state.ts';

/** An answer with an error, by its name. */
export function error(id: string): { error: number } {
  return { error: codeOf(id) };
}

interface Parts {
  readonly cluster: ScriptedCluster;
  readonly broker: ScriptedBroker;
  readonly log: KafkaRecordLog;
  readonly budget: MemoryAccount;
  readonly send: (value: string, key?: string) => Promise<StoredRecord | string>;
}

/** A record log on scripted brokers, ready. */
export async function start(
  t: TestContext,
  {
    brokers = 1,
    leaders = [0],
    limits = {},
    budget = new MemoryAccount({ bytes: 1_000_000, records: 1_000 }),
  }: {
    brokers?: number;
    leaders?: number[];
    limits?: Partial<DeliveryLimits>;
    budget?: MemoryAccount;
  } = {},
): Promise<Parts> {
  const cluster = new ScriptedCluster();
  cluster.leaders = leaders;
  for (let index = 0; index < brokers; index++) await cluster.addBroker();
  const log = new KafkaRecordLog({
    kafka: { bootstrapBrokers: cluster.brokers.map(({ endpoint }) => endpoint) },
    topic: 'events',
    limits: {
      lingerMs: 2,
      batchMaxRecords: 100,
      batchMaxBytes: 10_000,
      deliveryTimeoutMs: 10_000,
      ...limits,
    },
    budget,
    metrics: deliveryMetrics(new Registry()),
    log: createLog('test', 'silent'),
  });
  log.start();
  t.after(async () => {
    await log.close(performance.now());
    await cluster.close();
  });
  await waitUntil(() => log.notReady() === undefined, { what: 'ready', deadlineMs: 60_000 });
  const send = async (value: string, key?: string) => {
    try {
      return await log.append({
        value: Buffer.from(value),
        headers: new Map(),
        ...(key && { key: Buffer.from(key) }),
      });
    } catch (error) {
      assert.ok(error instanceof DeliveryError);
      return error.failure;
    }
  };
  const [broker] = cluster.brokers;
  assert.ok(broker);
  return { cluster, broker, log, budget, send };
}

/** A key that leads to one of the partitions. */
export function keyOf(partition: number, partitions: number): string {
  for (let key = 0; ; key++)
    if (partitionOf(Buffer.from(String(key)), partitions) === partition) return String(key);
}

export const offsetOf = (result: StoredRecord | string) =>
  typeof result === 'string' ? result : result.offset;
export const idOf = ({ batch }: SentBatch) => batch.producerId;
export const values = ({ batch }: SentBatch) => batch.records.map(({ value }) => String(value));
