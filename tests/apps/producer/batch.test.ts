import assert from 'node:assert/strict';
import test from 'node:test';
import { Reader, readRecordsBatch } from '@platformatic/kafka';
import {
  encodeBatch,
  partitionOf,
  recordBytes,
  sequenceAfter,
} from '../../../apps/producer/delivery/batch.ts';
import type { Pending } from '../../../apps/producer/delivery/queue.ts';
import type { EventRecord } from '../../../apps/producer/delivery/record-log.ts';

function pending(record: EventRecord, timestamp: number): Pending {
  const nothing = () => undefined;
  return {
    record,
    timestamp,
    bytes: recordBytes(record),
    arrival: 0,
    deadline: 0,
    resolve: nothing,
    reject: nothing,
  };
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
  const entries = records.map((record, index) => pending(record, 1_700_000_000_000 - index));
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

test('the estimate of a record is never below what it takes', () => {
  for (const record of records) {
    const taken =
      encodeBatch([pending(record, 2 ** 45)], { id: 1n, epoch: 0 }, 0).length - BATCH_HEADER_BYTES;
    assert.ok(taken <= recordBytes(record), `${taken} > ${recordBytes(record)}`);
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
