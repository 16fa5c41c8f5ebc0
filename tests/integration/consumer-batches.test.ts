import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { compressionsAlgorithms } from '@platformatic/kafka';
import { runCommand } from '../../infra/local/command.ts';
import { Toolchain } from '../../infra/local/toolchain.ts';
import { waitUntil } from '../../infra/local/wait.ts';
import { needs } from '../runner/needs.ts';
import { compressedBatch, produceRaw } from './consumer/raw-producer.ts';
import { Harness } from './consumer/harness.ts';
import { range, type Fixture } from './consumer/fixture.ts';

const MiB = 1024 * 1024;

let harness: Harness;
before(async () => {
  harness = await Harness.start();
});
after(() => harness.stop());

const produce = (fixture: Fixture, batch: Buffer): Promise<void> =>
  produceRaw(harness.kafka.bootstrapServers.split(',')[0] ?? '', fixture.topic, 0, batch);

async function numbers(fixture: Fixture): Promise<number[]> {
  const segments = await fixture.segments();
  return segments.flatMap(({ lines }) =>
    lines.map((line) => (JSON.parse(line) as { value: { n: number } }).value.n),
  );
}

const halves = (compress: (bytes: Buffer) => Buffer) => (records: Buffer) => {
  const middle = Math.floor(records.length / 2);
  return Buffer.concat([compress(records.subarray(0, middle)), compress(records.subarray(middle))]);
};

describe('what a broker takes is stored', () => {
  const values = range(0, 500).map((n) => Buffer.from(`{"n":${n}}`));

  test('zstd frames one after the other, and gzip members', async () => {
    const fixture = await harness.fixture();
    await produce(
      fixture,
      compressedBatch(
        values,
        'zstd',
        halves((bytes) => zstdCompressSync(bytes)),
      ),
    );
    await produce(
      fixture,
      compressedBatch(
        values,
        'gzip',
        halves((bytes) => gzipSync(bytes)),
      ),
    );
    fixture.start({ FLUSH_MAX_RECORDS: '1000' });
    await fixture.storedUpTo(1000);
    assert.deepEqual(await numbers(fixture), [...range(0, 500), ...range(0, 500)]);
    await fixture.verify();
  });

  const codecs = ['gzip', 'snappy', 'lz4', 'zstd'] as const;

  test('batches of the Java client with every codec', async () => {
    const fixtures = new Map<string, Fixture>();
    for (const codec of codecs) fixtures.set(codec, await harness.fixture());
    const { java, classPath } = await new Toolchain({ host: process }).javaServer('kafka/3.9');
    const program = join(import.meta.dirname, 'consumer/CompressingProducer.java');
    const pairs = [...fixtures].flatMap(([codec, { topic }]) => [codec, topic]);
    const args = ['-cp', classPath, program, harness.kafka.bootstrapServers, '20000', ...pairs];
    await runCommand(java, args, { host: process, cwd: harness.directory });
    for (const fixture of fixtures.values()) {
      fixture.start({ FLUSH_MAX_RECORDS: '20000' });
      await fixture.storedUpTo(20_000);
      assert.deepEqual(await numbers(fixture), range(0, 20_000));
    }
  });

  for (const codec of codecs) {
    test(`batches of librdkafka with ${codec}`, needs('kcat'), async () => {
      const fixture = await harness.fixture();
      const args = ['-P', '-b', harness.kafka.bootstrapServers, '-t', fixture.topic, '-p', '0', '-z', codec];
      const kcat = spawn('kcat', args, { stdio: ['pipe', 'ignore', 'inherit'] });
      kcat.stdin.end(
        range(0, 20_000)
          .map((n) => `{"n":${n}}\n`)
          .join(''),
      );
      assert.deepEqual(await once(kcat, 'close'), [0, null]);
      fixture.start({ FLUSH_MAX_RECORDS: '20000' });
      await fixture.storedUpTo(20_000);
      assert.deepEqual(await numbers(fixture), range(0, 20_000));
    });
  }
});

test('a batch beyond a bound stops its partition by name, with everything before it stored', async () => {
  const fixture = await harness.fixture();
  await fixture.sendNumbers(0, 500);
  const large = Buffer.from(`"${'x'.repeat(5 * MiB)}"`);
  await produce(
    fixture,
    compressedBatch([Buffer.from('{"n":500}'), large], 'lz4', (bytes) =>
      Buffer.from(compressionsAlgorithms.lz4.compressSync(bytes)),
    ),
  );
  await fixture.sendNumbers(502, 510);
  const bounded = { MAX_BUFFERED_BYTES: String(16 * MiB), FLUSH_MAX_RECORDS: '1000' };
  const consumer = fixture.start({ ...bounded, FLUSH_MAX_AGE_MS: '600000' });
  const { msg, resume } = await consumer.line(/partition stopped/);
  assert.match(
    msg,
    /unreadable-batch at offset 501: batch at offset 500 to 502: record of \d+ bytes, 4194304 are allowed/,
  );
  assert.deepEqual(await numbers(fixture), range(0, 501));
  // Nobody reads what is behind the stop, and its age grows all the same.
  await waitUntil(async () => (await consumer.metric('oldest_unstored_seconds')) > 3, {
    what: 'an age of three seconds',
    deadlineMs: 60_000,
  });
  assert.equal(await consumer.metric('partition_stopped'), 1);
  await fixture.runResume(String(resume).split(' '));
  await consumer.line(/partition resumed/);
  await fixture.sendNumbers(510, 520);
  await consumer.stop();
  fixture.start(bounded);
  await fixture.storedUpTo(520);
  assert.deepEqual(await numbers(fixture), [...range(0, 501), ...range(502, 520)]);
  const { recordedGaps } = await fixture.verify();
  assert.equal(recordedGaps, 1);
});
