/**
 * How long an event takes from its POST until it stands in the store. The figures go to
 * `tests/bench/results/end-to-end.{json,md}`.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createConsumer, createProducer, type Application } from '../../../infra/local/application.ts';
import { KafkaCluster } from '../../../infra/local/kafka-cluster.ts';
import { ObjectStore } from '../../../infra/local/object-store.ts';
import { waitUntil } from '../../../infra/local/wait.ts';
import { describeMachine } from '../kafka-clients/machine.ts';
import { Topics } from '../kafka-clients/topics.ts';
import { latenciesOf, percentile } from './latencies.ts';
import { postAtRate } from './load.ts';
import { renderReport, type EndToEndResults, type Measurement } from './report.ts';

const { values: options } = parseArgs({
  options: {
    rates: { type: 'string', default: '500,5000,500,5000,500,5000' },
    seconds: { type: 'string', default: '8' },
    results: { type: 'string', default: fileURLToPath(new URL('../results/end-to-end', import.meta.url)) },
  },
});
const seconds = Number(options.seconds);
const flushMaxAgeMs = 250;
const WARM_UP = { rate: 500, seconds: 3 };

const state = mkdtempSync(join(tmpdir(), 'headwater-bench-end-to-end-'));
process.on('exit', () => rmSync(state, { recursive: true, force: true, maxRetries: 3 }));
process.once('SIGINT', () => process.exit(1)).once('SIGTERM', () => process.exit(1));

const host = process;
const cluster = await KafkaCluster.create({ host, directory: state, brokers: 3, metadata: 'zookeeper' });
const store = await ObjectStore.create({ host, directory: state, bucket: 'bench' });
await Promise.all([cluster.start(), store.start()]);
const topics = new Topics(cluster.bootstrapServers.split(','));
const measurements: Measurement[] = [];
try {
  await topics.prepareGroups();
  for (const rate of options.rates.split(',').map(Number)) {
    measurements.push(await measure(rate));
    console.log(JSON.stringify(measurements.at(-1)));
    const results: EndToEndResults = { machine: describeMachine(), seconds, flushMaxAgeMs, measurements };
    writeFileSync(`${options.results}.json`, `${JSON.stringify(results, undefined, 2)}\n`);
    writeFileSync(`${options.results}.md`, renderReport(results));
  }
} finally {
  await topics.close();
  await Promise.all([cluster.stop(), store.stop()]);
}

/** On a topic and with programs of its own; a first load that warms them up is stored apart and not counted. */
async function measure(wanted: number): Promise<Measurement> {
  const [load = Number.NaN] = loadavg();
  const { topic } = await topics.create();
  const directory = join(state, topic);
  const kafka = {
    KAFKA_BOOTSTRAP_SERVERS: cluster.bootstrapServers,
    KAFKA_TOPIC: topic,
    LOG_LEVEL: 'warn',
  } as const;
  const producer = await createProducer({ host, directory, variables: kafka });
  const consumer = await createConsumer({
    host,
    directory,
    variables: {
      ...kafka,
      KAFKA_GROUP_ID: topic,
      AWS_ACCESS_KEY_ID: store.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: store.credentials.secretAccessKey,
      STORE_ENDPOINT: store.endpoint,
      STORE_BUCKET: store.bucket,
      STORE_PREFIX: topic,
      STORE_PATH_STYLE: 'true',
      OBJECT_CODEC: 'none',
      FLUSH_MAX_AGE_MS: String(flushMaxAgeMs),
    },
  });
  await Promise.all([producer.start(), consumer.start()]);
  try {
    const warmUp = await postAtRate(producer.endpoint, WARM_UP.rate, WARM_UP.seconds);
    await stored(consumer, warmUp.accepted);
    const begin = performance.timeOrigin + performance.now();
    const sent = await postAtRate(producer.endpoint, wanted, seconds);
    await stored(consumer, warmUp.accepted + sent.accepted);
    const latencies = await latenciesOf(join(store.files, topic), begin);
    const [p50 = NaN, p99 = NaN, p999 = NaN, max = NaN] = [0.5, 0.99, 0.999, 1].map((share) =>
      percentile(latencies, share),
    );
    return { wanted, ...sent, stored: latencies.length, load, p50, p99, p999, max };
  } finally {
    await producer.stop();
    await consumer.stop();
  }
}

/** Waits until the consumer has stored so many records. */
async function stored(consumer: Application, records: number): Promise<void> {
  await waitUntil(
    async () => {
      const metrics = await (await fetch(`${consumer.endpoint}/metrics`)).text();
      return Number(/^headwater_consumer_records_total (\d+)/m.exec(metrics)?.[1]) >= records;
    },
    { what: `stored: ${records} records`, deadlineMs: 60_000, everyMs: 200 },
  );
}
