/**
 * Compares Kafka clients for Node on a cluster of three brokers on this machine. The figures go to
 * `tests/bench/results/kafka-clients.{json,md}` and are added to those already there: delete them to begin anew.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeFailure, readOptions } from '../../../infra/command-line.ts';
import { Cache } from '../../../infra/local/cache.ts';
import { KafkaCluster, type Broker } from '../../../infra/local/kafka-cluster.ts';
import type { Target } from './client.ts';
import { installPackage, type Install } from './install.ts';
import { describeMachine } from './machine.ts';
import {
  clientNames,
  clients,
  consumers,
  measures,
  packages,
  type ClientName,
  type Measure,
  type PackageName,
} from './packages.ts';
import { renderReport, type Measurement, type Results } from './report.ts';
import { runJob } from './run-job.ts';
import { Topics } from './topics.ts';

const USAGE = `usage: npx headwater bench clients [options]
Kafka clients for Node on a cluster of three brokers on this machine

  --rounds N           of each measure                                   (3)
  --clients NAME,...   ${clientNames.join(', ')}   (all)
  --measures NAME,...  ${measures.join(', ')}   (all)
  --results PATH       where the figures go, without extension           (beside the other results)
`;

function readArguments() {
  try {
    const { values } = readOptions(process.argv.slice(2), {
      rounds: { type: 'string', default: '3' },
      clients: { type: 'string', default: clientNames.join() },
      measures: { type: 'string', default: measures.join() },
      results: {
        type: 'string',
        default: fileURLToPath(new URL('../results/kafka-clients', import.meta.url)),
      },
    });
    if (values.help !== true) return values;
    process.stdout.write(USAGE);
    return process.exit(0);
  } catch (error) {
    const { text, exitCode } = describeFailure('bench clients', error);
    process.stderr.write(text);
    return process.exit(exitCode);
  }
}

const options = readArguments();
const rounds = Number(options.rounds);
const chosenClients = choose('client', clientNames, options.clients);
const chosenMeasures = choose('measure', measures, options.measures);

const directories = new Map<string, string>();
const installs: Install[] = [];
const failures: string[] = [];
const measurements = readMeasurements();

for (const name of Object.keys(packages) as PackageName[]) {
  console.log(`installing ${name} ${packages[name]}`);
  try {
    const { directory, install } = await installPackage(name, Cache.of(process));
    directories.set(name, directory);
    installs.push(install);
  } catch (error) {
    failures.push(String(error));
  }
}

const state = mkdtempSync(join(tmpdir(), 'kafka-clients-'));
process.on('exit', () => rmSync(state, { recursive: true, force: true, maxRetries: 3 }));
process.once('SIGINT', () => process.exit(1)).once('SIGTERM', () => process.exit(1));
const cluster = await KafkaCluster.create({
  host: process,
  directory: state,
  brokers: 3,
  metadata: 'zookeeper',
  properties: { 'log.segment.delete.delay.ms': 1_000 },
});
await cluster.start();
const topics = new Topics(cluster.bootstrapServers.split(','));
try {
  await topics.prepareGroups();
  const backlog = await topics.create();
  if (chosenMeasures.includes('consume')) await run('platformatic-producer', 'fill', backlog);
  for (let round = 1; round <= rounds; round += 1) {
    for (const measure of chosenMeasures) {
      for (const client of chosenClients.filter((candidate) => isMeasured(candidate, measure))) {
        const measurement = { client, measure, ...(await tryMeasure(client, measure, backlog)) };
        console.log(JSON.stringify(measurement));
        measurements.push(measurement);
        writeResults();
      }
    }
  }
} finally {
  await topics.close();
  await cluster.stop();
}

function isMeasured(client: ClientName, measure: Measure): boolean {
  return directories.has(clients[client]) && (measure !== 'consume' || consumers.includes(client));
}

/** A client that fails a measurement does not end the comparison. */
async function tryMeasure(client: ClientName, measure: Measure, backlog: Target): Promise<object> {
  const target = measure === 'consume' ? backlog : await topics.create();
  try {
    return await run(client, measure, target);
  } catch (error) {
    return { error: String(error) };
  } finally {
    if (target !== backlog) await topics.delete(target);
  }
}

/** A broker that is killed for the measurement is back when it ends. */
async function run(client: ClientName, measure: Measure | 'fill', target: Target): Promise<object> {
  const directory = directories.get(clients[client]) ?? '';
  let killed: Broker | undefined;
  const kill = async (id: number) => {
    killed = cluster.brokers.find((broker) => broker.id === id);
    killed?.signal('SIGKILL');
    await killed?.exited;
  };
  try {
    return await runJob({ client, measure, target, directory }, kill);
  } finally {
    await killed?.start();
    await topics.inSync(target.topic);
  }
}

function readMeasurements(): Measurement[] {
  const file = `${options.results}.json`;
  if (!existsSync(file)) return [];
  return (JSON.parse(readFileSync(file, 'utf8')) as Results).measurements;
}

function writeResults(): void {
  const results: Results = { machine: describeMachine(), installs, failures, measurements };
  writeFileSync(`${options.results}.json`, `${JSON.stringify(results, undefined, 2)}\n`);
  writeFileSync(`${options.results}.md`, renderReport(results));
}

function choose<Name extends string>(kind: string, known: readonly Name[], wanted: string): Name[] {
  const unknown = wanted.split(',').find((name) => !known.some((candidate) => candidate === name));
  if (unknown !== undefined) throw new Error(`${kind} must be one of ${known.join(', ')}, got '${unknown}'`);
  return known.filter((name) => wanted.split(',').includes(name));
}
