import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Codec } from '../../../apps/consumer/link.ts';
import { createConsumer } from '../../../infra/local/application.ts';
import type { Host } from '../../../infra/local/host.ts';
import type { ObjectStore } from '../../../infra/local/object-store.ts';
import type { Cost } from '../kafka-clients/clock.ts';
import type { Target } from '../kafka-clients/client.ts';

const POLL_MS = 25;
const DEADLINE_MS = 120_000;
/** Of the kernel's clock in `/proc/<pid>/stat`, on every Linux that Node supports. */
const TICKS_PER_SECOND = 100;

export interface StoreCost extends Cost {
  /** As the kernel counts the process's resident memory. */
  readonly peakMiB: number;
  readonly objects: number;
}

/** Stores a backlog with our consumer at its defaults: from the first fetch until the last record is stored. */
export async function storeBacklog(
  host: Host,
  directory: string,
  store: ObjectStore,
  target: Target,
  { codec, records, name }: { readonly codec: Codec; readonly records: number; readonly name: string },
): Promise<StoreCost> {
  const consumer = await createConsumer({
    host,
    directory: join(directory, name),
    variables: {
      KAFKA_BOOTSTRAP_SERVERS: target.bootstrapServers.join(),
      KAFKA_TOPIC: target.topic,
      KAFKA_GROUP_ID: name,
      AWS_ACCESS_KEY_ID: store.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: store.credentials.secretAccessKey,
      STORE_ENDPOINT: store.endpoint,
      STORE_BUCKET: store.bucket,
      STORE_PREFIX: name,
      STORE_PATH_STYLE: 'true',
      OBJECT_CODEC: codec,
      // The rest of the backlog, below every other threshold, is stored soon.
      FLUSH_MAX_AGE_MS: '1000',
    },
  });
  await consumer.start();
  try {
    let begin = performance.now();
    let cpuBefore = await cpuSeconds(consumer.pid);
    const deadline = begin + DEADLINE_MS;
    while (performance.now() < deadline) {
      const metrics = await readMetrics(consumer.endpoint);
      const stored = metrics('records_total');
      if (stored === 0 && metrics('memory_bytes') === 0) {
        begin = performance.now();
        cpuBefore = await cpuSeconds(consumer.pid);
      }
      if (stored < records) {
        await sleep(POLL_MS);
        continue;
      }
      const seconds = (performance.now() - begin) / 1000;
      return {
        records: stored,
        seconds,
        recordsPerSecond: stored / seconds,
        cpuSecondsPerMillion: (((await cpuSeconds(consumer.pid)) - cpuBefore) * 1_000_000) / stored,
        peakMiB: Math.round(await peakMiB(consumer.pid)),
        objects: metrics('objects_total'),
      };
    }
    throw new Error(`${name}: ${records} records must be stored within ${DEADLINE_MS} ms`);
  } finally {
    await consumer.stop();
  }
}

/** Sums of the consumer's metrics over their series, by name. */
async function readMetrics(endpoint: string): Promise<(name: string) => number> {
  const text = await (await fetch(`${endpoint}/metrics`)).text();
  return (name) =>
    text
      .split('\n')
      .filter((line) => line.startsWith(`headwater_consumer_${name}`))
      .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

async function cpuSeconds(pid: number | undefined): Promise<number> {
  const fields = (await readFile(`/proc/${pid ?? 0}/stat`, 'utf8')).replace(/^.*\) /, '').split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

async function peakMiB(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid ?? 0}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}
