import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test, type TestContext } from 'node:test';
import type { ConsumerVariables } from '../../apps/consumer/config.ts';
import { createConsumer } from '../../infra/local/application.ts';
import type { Host } from '../../infra/local/host.ts';
import type { ManagedProcess } from '../../infra/local/managed-process.ts';
import { waitUntil } from '../../infra/local/wait.ts';
import { Harness } from '../integration/consumer/harness.ts';
import type { Fixture } from '../integration/consumer/fixture.ts';
import { LIKE_A_POD } from './pod-limit.ts';

const MiB = 1024 * 1024;

let harness: Harness;
let pod: Host;
before(async () => {
  harness = await Harness.start();
  pod = await hostAsInAPod(join(harness.directory, 'compile-cache'));
});
after(() => harness.stop());

/** What `images/application/Dockerfile` sets, with the compile cache filled as it is there, and a pod's limit. */
async function hostAsInAPod(compileCache: string): Promise<Host> {
  await mkdir(compileCache);
  const env = { ...process.env, NODE_COMPILE_CACHE: compileCache, ...LIKE_A_POD };
  const program = join(import.meta.dirname, '../../apps/consumer/main.ts');
  const { stderr } = spawnSync(process.execPath, [program], { env, encoding: 'utf8' });
  assert.match(stderr, /^bad environment variables:/);
  const { execPath, platform, arch } = process;
  return { env, execPath, platform, arch, kill: process.kill.bind(process) };
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, index) => from + index);

/** Fills every partition with records of about 1 KiB, half of it random, in batches as a producer makes them. */
async function fill(fixture: Fixture, recordsEach: number): Promise<void> {
  const batch = 250;
  for (let sent = 0; sent < recordsEach; sent += batch) {
    const records = range(0, batch).map((n) => ({
      value: `{"n":${sent + n},"random":"${randomBytes(256).toString('hex')}","text":"${'lorem ipsum '.repeat(40)}"}`,
    }));
    await Promise.all(range(0, fixture.partitions).map((partition) => fixture.send(records, { partition })));
  }
}

test('memory that is spent flushes the largest buffer, with every buffer below its thresholds', async () => {
  const fixture = await harness.fixture({ partitions: 6 });
  await fill(fixture, 3000);
  const consumer = fixture.start({
    MAX_BUFFERED_BYTES: String(16 * MiB),
    OBJECT_CODEC: 'none',
    FLUSH_MAX_RECORDS: '100000',
    FLUSH_MAX_BYTES: String(1024 * MiB),
    FLUSH_MAX_AGE_MS: '3600000',
  });
  let most = 0;
  const sampling = setInterval(() => {
    void consumer.metric('memory_bytes').then((bytes) => (most = Math.max(most, bytes)));
  }, 5);
  try {
    // All but what the buffers may keep.
    await waitUntil(async () => (await consumer.metric('object_bytes_total')) > 10 * MiB, {
      what: 'stored',
      deadlineMs: 60_000,
    });
    await waitUntil(async () => (await consumer.metric('lag_records')) < 8192, {
      what: 'read',
      deadlineMs: 60_000,
    });
  } finally {
    clearInterval(sampling);
  }
  const flushes = await consumer.metric('flushes_total');
  assert.ok(flushes > 0);
  assert.equal(await consumer.metric('flushes_total', { reason: 'memory' }), flushes);
  assert.ok(most > 4 * MiB && most <= 16 * MiB, `at most ${most} bytes were held`);
});

describe('the process takes at most its bound and 120 MiB', () => {
  const bound = 64 * MiB;

  for (const compression of ['gzip', 'lz4', 'zstd'] as const) {
    test(`with batches of 70 MB in each of 3 partitions, compressed with ${compression} to less than one`, async (t) => {
      const fixture = await harness.fixture({ partitions: 3 });
      const records = range(0, 70).map((n) => ({ value: `{"n":${n},"pad":"${'x'.repeat(1_000_000)}"}` }));
      await Promise.all(range(0, 3).map((partition) => fixture.send(records, { partition, compression })));
      await storeAll(t, fixture, { recordsEach: 70, bound });
      assert.deepEqual(await fixture.offsets(), range(0, 70));
    });
  }
  const recordsEach = 5000;

  for (const codec of ['none', 'gzip', 'zstd'] as const) {
    test(`with 30 partitions, while a slow store holds everything up, codec ${codec}`, async (t) => {
      const fixture = await harness.fixture({ partitions: 30 });
      await fill(fixture, recordsEach);
      harness.proxy.inject({ kind: 'late', ms: 4000 }, 16);
      const variables = { OBJECT_CODEC: codec };
      const consumer = await storeAll(t, fixture, { recordsEach, bound, variables });
      assert.deepEqual(await consumer.exited, { code: 0, signal: null });
      await fixture.verify();
    });
  }
});

interface StoreAllOptions {
  readonly recordsEach: number;
  readonly bound: number;
  readonly variables?: Partial<ConsumerVariables>;
}

/** Has a consumer store every partition to its end, within its memory. @returns the consumer, stopped */
async function storeAll(
  t: TestContext,
  fixture: Fixture,
  { recordsEach, bound, variables = {} }: StoreAllOptions,
): Promise<ManagedProcess> {
  const consumer = await podOf(fixture, bound, variables);
  await consumer.start();
  try {
    const partitions = range(0, fixture.partitions);
    await waitUntil(() => partitions.every((partition) => fixture.chainEnd(partition) === recordsEach), {
      what: 'stored',
      deadlineMs: 90_000,
      everyMs: 500,
    });
    const peak = await peakBytes(consumer.pid);
    t.diagnostic(`peak of resident memory: ${(peak / MiB).toFixed(1)} MiB, bound ${bound / MiB} MiB`);
    assert.ok(peak <= bound + 120 * MiB, `${(peak / MiB).toFixed(1)} MiB`);
  } finally {
    await consumer.stop();
  }
  return consumer;
}

/** A consumer as a process with a pod's limit. */
function podOf(
  fixture: Fixture,
  bound: number,
  variables: Partial<ConsumerVariables>,
): Promise<ManagedProcess> {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = process.env;
  return createConsumer({
    host: pod,
    directory: join(harness.directory, fixture.topic),
    variables: {
      ...fixture.variables,
      ...(AWS_ACCESS_KEY_ID !== undefined && { AWS_ACCESS_KEY_ID }),
      ...(AWS_SECRET_ACCESS_KEY !== undefined && { AWS_SECRET_ACCESS_KEY }),
      FLUSH_MAX_RECORDS: '10000',
      FLUSH_MAX_AGE_MS: '2000',
      MAX_BUFFERED_BYTES: String(bound),
      LOG_LEVEL: 'info',
      ...variables,
    },
  });
}

/** The most that a process has ever held in memory, as the kernel counts it. */
async function peakBytes(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid ?? 0}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}
