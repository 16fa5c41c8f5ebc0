/**
 * How fast a backlog is stored, beside how fast Kafka's own tool reads it. The figures go to
 * `tests/bench/results/store.{json,md}`.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { KafkaCluster } from '../../../infra/local/kafka-cluster.ts';
import { ObjectStore } from '../../../infra/local/object-store.ts';
import { describeMachine } from '../kafka-clients/machine.ts';
import { Topics } from '../kafka-clients/topics.ts';
import { fillBacklog } from './backlog.ts';
import { ConsumerPerformance } from './consumer-performance.ts';
import { storeBacklog } from './headwater.ts';
import { renderReport, type Round, type StoreResults } from './report.ts';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    events: { type: 'string', default: '300000' },
    results: { type: 'string', default: fileURLToPath(new URL('../results/store', import.meta.url)) },
  },
});
const events = Number(options.events);

const state = mkdtempSync(join(tmpdir(), 'headwater-bench-store-'));
process.on('exit', () => rmSync(state, { recursive: true, force: true, maxRetries: 3 }));
process.once('SIGINT', () => process.exit(1)).once('SIGTERM', () => process.exit(1));

const tool = await ConsumerPerformance.prepare(process);
const cluster = await KafkaCluster.create({
  host: process,
  directory: state,
  brokers: 3,
  metadata: 'zookeeper',
});
const store = await ObjectStore.create({ host: process, directory: state, bucket: 'bench' });
await Promise.all([cluster.start(), store.start()]);
const topics = new Topics(cluster.bootstrapServers.split(','));
const rounds: Round[] = [];
try {
  await topics.prepareGroups();
  const target = await topics.create();
  await fillBacklog(target, events);
  // The first to read finds colder caches than those who follow: that one is not counted.
  await tool.run(target, events);
  for (let round = 1; round <= Number(options.rounds); round += 1) {
    const [load = Number.NaN] = loadavg();
    const ours = (codec: 'none' | 'gzip' | 'zstd') =>
      storeBacklog(process, state, store, target, { codec, records: events, name: `${codec}-${round}` });
    const costs = {
      ConsumerPerformance: await tool.run(target, events),
      none: await ours('none'),
      gzip: await ours('gzip'),
      zstd: await ours('zstd'),
    };
    rounds.push({ load, costs });
    console.log(JSON.stringify({ round, load, costs }));
    const results: StoreResults = { machine: describeMachine(), events, rounds };
    writeFileSync(`${options.results}.json`, `${JSON.stringify(results, undefined, 2)}\n`);
    writeFileSync(`${options.results}.md`, renderReport(results));
  }
} finally {
  await topics.close();
  await Promise.all([cluster.stop(), store.stop()]);
}
