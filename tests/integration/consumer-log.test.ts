import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Producer } from '@platformatic/kafka';
import { waitUntil } from '../../infra/local/wait.ts';
import { Harness } from './consumer/harness.ts';
import type { SentRecord } from './consumer/fixture.ts';

let harness: Harness;
before(async () => {
  harness = await Harness.start({
    properties: { 'log.cleaner.backoff.ms': '200', 'transaction.state.log.num.partitions': '1' },
  });
});
after(() => harness.stop());

interface Envelope {
  readonly offset: number;
  readonly timestamp: number;
  readonly key?: string;
  readonly keyBase64?: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly value?: unknown;
  readonly valueBase64?: string;
  readonly valueLineEnd?: string;
}

const parse = (line: string): Envelope => JSON.parse(line) as Envelope;

describe('every byte comes back', () => {
  const values: readonly (string | Buffer | null)[] = [
    '{"a":1}',
    ' { "spaced" : [1.0, 2e5] } ',
    '12345678901234567890',
    '{"line":\n"break"}',
    '{"crlf":1}\r\n',
    '{"cr":\r1}',
    '"\u2028 é \ud83d\ude00"',
    '',
    'not json',
    Buffer.from([0, 255, 10, 13, 34]),
    Buffer.from('\ufeff{}'),
    'x'.repeat(300_000),
    null,
  ];
  const records: SentRecord[] = values.map((value, index) => ({
    value,
    ...(index % 3 > 0 && { key: index % 3 === 1 ? `key "${index}"\n` : Buffer.from([255, index]) }),
    headers: { 'content-type': 'application/json', 'request-id': `r"${index}` },
  }));

  for (const codec of ['none', 'gzip', 'zstd'] as const) {
    test(`of keys, values, tombstones and headers, from objects with codec ${codec}`, async () => {
      const fixture = await harness.fixture();
      await fixture.send(records);
      fixture.start({ OBJECT_CODEC: codec });
      const segments = await fixture.storedUpTo();
      const lines = segments.flatMap((segment) => segment.lines);
      assert.equal(lines.length, records.length);
      for (const [index, line] of lines.entries()) {
        const { key = null, value } = records[index] ?? assert.fail();
        const envelope = parse(line);
        assert.equal(envelope.offset, index);
        const stored =
          envelope.valueBase64 === undefined ? verbatim(line) : Buffer.from(envelope.valueBase64, 'base64');
        assert.deepEqual(stored, value === null ? null : Buffer.from(value));
        const storedKey =
          envelope.keyBase64 === undefined ? envelope.key : Buffer.from(envelope.keyBase64, 'base64');
        assert.deepEqual(storedKey ?? null, key);
        assert.deepEqual(
          envelope.headers.map(([name, content]) => [name, Buffer.from(content, 'base64').toString()]),
          [
            ['content-type', 'application/json'],
            ['request-id', `r"${index}`],
          ],
        );
      }
      await fixture.verify();
    });
  }

  for (const compression of ['gzip', 'snappy', 'lz4', 'zstd'] as const) {
    test(`of batches that a producer has compressed with ${compression}`, async () => {
      const fixture = await harness.fixture();
      const values = Array.from({ length: 100 }, (_, n) => `{"n":${n},"pad":"${'ab'.repeat(n)}"}`);
      await fixture.send(
        values.map((value) => ({ value })),
        { compression },
      );
      fixture.start({ FLUSH_MAX_RECORDS: '33' });
      const segments = await fixture.storedUpTo(100);
      assert.deepEqual(
        segments.flatMap(({ lines }) => lines.map((line) => verbatim(line)?.toString())),
        values,
      );
      await fixture.verify();
    });
  }
});

test("the broker's time counts where the topic says so", async () => {
  const fixture = await harness.fixture({ configs: { 'message.timestamp.type': 'LogAppendTime' } });
  const message = { ...fixture.message({ value: '1' }), timestamp: 1000n };
  await harness.producer.send({ messages: [message], acks: -1 });
  fixture.start();
  const [segment] = await fixture.storedUpTo(1);
  assert.ok(Math.abs(parse(segment?.lines[0] ?? '').timestamp - Date.now()) < 60_000);
});

test('idle: one record alone becomes an object when it is old enough', async () => {
  const fixture = await harness.fixture();
  fixture.start({ FLUSH_MAX_AGE_MS: '500' });
  await fixture.sendNumbers(0, 1);
  const [segment] = await fixture.storedUpTo(1);
  assert.equal(segment?.lines.length, 1);
});

test('transactions: committed records are stored, aborted ones are not, and markers leave no doubt of the end', async () => {
  const fixture = await harness.fixture();
  const producer = new Producer({
    clientId: 'transactional',
    bootstrapBrokers: harness.kafka.bootstrapServers.split(','),
    transactionalId: 'fixture',
    idempotent: true,
    retries: 10,
    retryDelay: 200,
  });
  const transact = async (value: string, end: 'commit' | 'abort'): Promise<void> => {
    const transaction = await producer.beginTransaction();
    await transaction.send({ messages: [fixture.message({ value })] });
    await transaction[end]();
  };
  try {
    await fixture.send([{ value: '"plain"' }]);
    await transact('"first"', 'commit');
    await transact('"never"', 'abort');
    await transact('"second"', 'commit');
    const consumer = fixture.start();
    const logEnd = await fixture.logEnd();
    const segments = await fixture.storedUpTo(logEnd);
    assert.deepEqual(
      segments.flatMap(({ lines }) => lines.map((line) => parse(line).value)),
      ['plain', 'first', 'second'],
    );
    await waitUntil(async () => (await fixture.committed()) === logEnd, {
      what: 'committed to the end',
      deadlineMs: 60_000,
    });
    assert.equal(await consumer.metric('lag_records'), 0);
    const { absent, records } = await fixture.verify();
    assert.deepEqual([records, absent], [3, logEnd - 3]);
  } finally {
    await producer.close();
  }
});

test('compaction: what it has removed is no gap, and every remaining offset is stored once', async () => {
  const fixture = await harness.fixture({
    configs: {
      'cleanup.policy': 'compact',
      'segment.ms': '100',
      'min.cleanable.dirty.ratio': '0.001',
      'delete.retention.ms': '0',
    },
  });
  const size = async (): Promise<number> => {
    const dirs = await harness.admin.describeLogDirs({ topics: [{ name: fixture.topic, partitions: [0] }] });
    return dirs
      .flatMap(({ results }) =>
        results.flatMap(({ topics }) =>
          topics.flatMap(({ partitions }) => partitions.map(({ partitionSize }) => Number(partitionSize))),
        ),
      )
      .reduce((a, b) => a + b, 0);
  };
  for (let round = 0; round < 20; round++) {
    await fixture.send(
      Array.from({ length: 10 }, (_, key) => ({
        key: `k${key}`,
        value: `{"round":${round},"pad":"${'x'.repeat(500)}"}`,
      })),
    );
  }
  const whole = await size();
  await waitUntil(
    async () => {
      // A segment is rolled when something is appended to it after its time.
      await fixture.send([{ key: 'tick', value: '"tick"' }]);
      await sleep(100);
      return (await size()) < whole / 2;
    },
    { what: 'compacted', deadlineMs: 60_000, everyMs: 300 },
  );
  const consumer = fixture.start({ MAX_SPAN: '50', FLUSH_MAX_RECORDS: '50' });
  const logEnd = await fixture.logEnd();
  const segments = await fixture.storedUpTo(logEnd);
  const stored = segments.flatMap(({ lines }) => lines.map(parse));
  assert.equal(new Set(stored.map(({ offset }) => offset)).size, stored.length);
  for (let key = 0; key < 10; key++) {
    const last = stored.filter((each) => each.key === `k${key}`).at(-1);
    assert.equal((last?.value as { round: number }).round, 19);
  }
  assert.ok(segments.every(({ metadata }) => metadata['gap'] === undefined));
  for (const { key, metadata } of segments) {
    assert.ok(Number(metadata['end']) - Number(/(\d{20})\./.exec(key)?.[1]) <= 50);
  }
  assert.equal(await consumer.metric('gaps_total'), 0);
  const { absent } = await fixture.verify();
  assert.ok(absent > 100);
});

/** The value as it stands in the line, to its last byte, and the line break that stood after it; null where there is none. */
function verbatim(line: string): Buffer | null {
  const at = line.indexOf(',"value":');
  const { valueLineEnd = '' } = parse(line);
  return at === -1 ? null : Buffer.from(line.slice(at + ',"value":'.length, -1) + valueLineEnd);
}
