import assert from 'node:assert/strict';
import test from 'node:test';
import { createRecordsBatch, NumericMap, Reader, readRecordsBatch } from '@platformatic/kafka';
import { encodeBatch, partitionOf, sequenceAfter } from '../../../../apps/kafka/records/encode-batch.ts';
import { slice, type Slice } from '../../../../apps/producer/delivery/queue.ts';
import { Chance } from '../../producer/chance.ts';
import { pendingOf } from '../../producer/pending.ts';
import type { EventRecord } from '../../../../apps/producer/delivery/record-log.ts';

function sliceOf(record: EventRecord, timestamp: number): Slice {
  return slice(pendingOf(record, timestamp), 0, 1);
}

/** Of record format 2. */
const BATCH_HEADER_BYTES = 61;

const records: readonly EventRecord[] = [
  { value: Buffer.from('one'), headers: new Map() },
  {
    key: Buffer.from('k'),
    value: Buffer.from([0, 255, 10]),
    headers: new Map([[Buffer.from('content-type'), Buffer.from('text/plain')]]),
  },
  { value: Buffer.alloc(70_000, 'x'), headers: new Map([[Buffer.from('a'), Buffer.alloc(0)]]) },
];

test('a batch carries its producer id, epoch and sequence, and every byte of its records', () => {
  const entries = records.map((record, index) => sliceOf(record, 1_700_000_000_000 - index));
  const bytes = encodeBatch(entries, { id: 1234567890123n, epoch: 7 }, 2 ** 31 - 2);
  const batch = readRecordsBatch(Reader.from(bytes));
  assert.equal(batch.producerId, 1234567890123n);
  assert.equal(batch.producerEpoch, 7);
  assert.equal(batch.firstSequence, 2 ** 31 - 2);
  assert.equal(batch.firstTimestamp, 1_700_000_000_000n);
  assert.equal(batch.maxTimestamp, 1_700_000_000_000n);
  assert.deepEqual(
    batch.records.map(({ key, value, timestampDelta }) => ({ key, value, timestampDelta })),
    records.map(({ key, value }, index) => ({ key: key ?? null, value, timestampDelta: BigInt(-index) })),
  );
  assert.deepEqual(batch.records[1]?.headers, [[Buffer.from('content-type'), Buffer.from('text/plain')]]);
  assert.equal(Buffer.compare(bytes, encodeBatch(entries, { id: 1234567890123n, epoch: 7 }, 2 ** 31 - 2)), 0);
});

test('a batch is byte for byte what the client would make of the same records', () => {
  const chance = new Chance(1);
  for (let round = 0; round < 300; round++) {
    const records = Array.from({ length: 1 + chance.below(20) }, () => {
      const headers = Array.from({ length: chance.below(4) }, (): [Buffer, Buffer] => [
        Buffer.from(chance.text(20)),
        chance.bytes(200),
      ]);
      const record = {
        value: chance.bytes(300),
        headers: new Map(headers),
        ...(chance.seldom() && { key: chance.bytes(70) }),
      };
      // A clock may be set, backwards too.
      const timestamp = 1_700_000_000_000 + Math.round((chance.next() - 0.5) * 10 ** chance.below(9));
      return { record, timestamp };
    });
    const entries = records.map(({ record, timestamp }) => sliceOf(record, timestamp));
    const producer = { id: BigInt(chance.below(2 ** 40)), epoch: chance.below(30_000) };
    const sequence = chance.below(2 ** 31);
    const messages = records.map(({ record, timestamp }) => ({
      topic: 't',
      partition: 0,
      value: record.value,
      headers: record.headers,
      timestamp: BigInt(timestamp),
      ...(record.key && { key: record.key }),
    }));
    const expected = createRecordsBatch(messages, {
      producerId: producer.id,
      producerEpoch: producer.epoch,
      sequences: new NumericMap([['t:0', sequence]]),
      partitionLeaderEpoch: -1,
    }).buffer;
    const encoded = encodeBatch(entries, producer, sequence);
    assert.ok(encoded.equals(expected), `round ${round}`);
    assert.ok(encoded.length <= entries.reduce((sum, { bytes }) => sum + bytes, BATCH_HEADER_BYTES));
  }
});

test('a clock that is set by years between two records makes no wrong time', () => {
  // The client's own encoder mistakes such deltas: it shifts the sign by 31 bits of 64.
  for (const step of [2 ** 40, -(2 ** 40), 2 ** 31, -(2 ** 31) - 1]) {
    const { value, headers } = { value: Buffer.from('x'), headers: new Map<Buffer, Buffer>() };
    const entries = [sliceOf({ value, headers }, 0), sliceOf({ value, headers }, step)];
    const bytes = encodeBatch(entries, { id: 1n, epoch: 0 }, 0);
    // Length, attributes and delta of the second record; the first has 8 bytes in all.
    let zigzag = 0n;
    for (let at = BATCH_HEADER_BYTES + 8 + 2, shift = 0n; ; at++, shift += 7n) {
      const byte = bytes[at] ?? 0;
      zigzag |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    assert.equal((zigzag >> 1n) ^ -(zigzag & 1n), BigInt(step));
  }
});

test('the estimate of a record is never below what it takes', () => {
  for (const record of records) {
    const only = sliceOf(record, 2 ** 45);
    const taken = encodeBatch([only], { id: 1n, epoch: 0 }, 0).length - BATCH_HEADER_BYTES;
    assert.ok(taken <= only.bytes, `${taken} > ${only.bytes}`);
  }
});

test('sequence numbers begin anew after 2^31 - 1, as the broker counts them', () => {
  assert.equal(sequenceAfter(0, 5), 5);
  assert.equal(sequenceAfter(2 ** 31 - 2, 1), 2 ** 31 - 1);
  assert.equal(sequenceAfter(2 ** 31 - 2, 2), 0);
  assert.equal(sequenceAfter(2 ** 31 - 2, 5), 3);
});

test('a key takes the partition that the Java client gives it', () => {
  // The hashes are the vectors of Kafka's own UtilsTest.
  const hashes = {
    '21': -973932308,
    foobar: -790332482,
    'a-little-bit-long-string': -985981536,
    'a-little-bit-longer-string': -1486304829,
    lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8: -58897971,
    abc: 479470107,
  };
  for (const [key, hash] of Object.entries(hashes)) {
    for (const partitions of [1, 6, 50]) {
      assert.equal(partitionOf(Buffer.from(key), partitions), (hash & 0x7fffffff) % partitions, key);
    }
  }
});
