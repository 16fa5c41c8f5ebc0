import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ManagedProcess } from '../../../infra/local/managed-process.ts';
import { findFreePort } from '../../../infra/local/ports.ts';
import type { Bench, Sample } from '../bench.ts';
import type { Lab } from '../lab.ts';
import { timedCommand } from '../timed-command.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const POLL_MS = 2;

/** What somebody waits for: cold processes on warm caches. */
export const start: Bench = {
  name: 'start',
  title: 'Until it is there: the producer, the manifests, the pipeline on this machine',
  plotted: 'readyMs',
  goals: [],
  usesBrokers: false,
  round: async (lab, { round }) => {
    const measures = {
      'producer, from exec to listening': () => listening(lab),
      'npm run synth': () => synth(lab),
      'npm run up -- --detach, until it is ready': () => up(lab),
    };
    const samples: Sample[] = [];
    for (const [scenario, measure] of Object.entries(measures)) {
      samples.push({ scenario, subject: 'headwater', round, readyMs: await measure() });
    }
    return samples;
  },
};

async function listening(lab: Lab): Promise<number> {
  const port = await findFreePort();
  const producer = new ManagedProcess({
    host: process,
    name: 'start',
    directory: lab.directory,
    command: [process.execPath, join(ROOT, 'apps/producer/main.ts')],
    environment: {
      KAFKA_BOOTSTRAP_SERVERS: lab.kafka.bootstrapServers,
      KAFKA_TOPIC: 'start',
      LISTEN_ADDRESS: '127.0.0.1',
      PORT: String(port),
      DRAIN_DELAY_MS: '0',
    },
    isReady: () => Promise.resolve(true),
  });
  const begun = performance.now();
  await producer.spawn();
  try {
    while (!(await accepts(port))) {
      lab.signal.throwIfAborted();
      await sleep(POLL_MS);
    }
    return performance.now() - begun;
  } finally {
    await producer.stop();
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

async function synth({ directory, signal }: Lab): Promise<number> {
  const environment = { CDK8S_OUTDIR: join(directory, 'synth') };
  const begun = performance.now();
  await timedCommand(['npm', '--prefix', ROOT, 'run', '--silent', 'synth'], {
    host: process,
    signal,
    environment,
  });
  return performance.now() - begun;
}

async function up({ directory, signal }: Lab): Promise<number> {
  const npm = ['npm', '--prefix', ROOT, 'run', '--silent'] as const;
  const state = join(directory, 'up');
  const options = { host: process, signal };
  const begun = performance.now();
  await timedCommand(
    [...npm, 'up', '--', '--detach', '--no-sample', '--port', '0', '--state', state],
    options,
  );
  const readyMs = performance.now() - begun;
  await timedCommand([...npm, 'down', '--', '--state', state], options);
  return readyMs;
}
