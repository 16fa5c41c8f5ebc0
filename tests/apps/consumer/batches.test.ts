import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRecordsBatch, crc32c, type CompressionAlgorithmValue } from '@platformatic/kafka';
import { openBatch, readBatches, UnreadableBatchError } from '../../../apps/consumer/kafka/batches.ts';
import type { KafkaRecord } from '../../../apps/consumer/kafka/records.ts';

const MANY = 1024 * 1024;

interface BatchOptions {
  readonly compression?: CompressionAlgorithmValue;
  readonly baseOffset?: number;
}

function batchOf(
  values: readonly string[],
  { compression = 'none', baseOffset = 0 }: BatchOptions = {},
): Buffer {
  const messages = values.map((value, index) => ({
    topic: 't',
    key: Buffer.from(`k${index}`),
    value: Buffer.from(value),
    headers: new Map([[Buffer.from('h'), Buffer.from(String(index))]]),
    timestamp: BigInt(1_700_000_000_000 + index * 1000),
  }));
  const { buffer } = createRecordsBatch(messages, { compression });
  const bytes = Buffer.from(buffer);
  bytes.writeBigInt64BE(BigInt(baseOffset));
  return bytes;
}

function checksummed(bytes: Buffer): Buffer {
  bytes.writeUInt32BE(crc32c(bytes.subarray(21)), 17);
  return bytes;
}

async function recordsOf(log: Buffer, maxBytes = MANY): Promise<KafkaRecord[]> {
  const records: KafkaRecord[] = [];
  for (const batch of readBatches(log)) {
    const opened = await openBatch(batch, maxBytes);
    while (opened.left > 0) records.push(opened.next());
    opened.end();
  }
  return records;
}

for (const compression of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
  test(`records come back from a batch with compression ${compression}`, async () => {
    const records = await recordsOf(batchOf(['a', 'bb', ''], { compression, baseOffset: 40 }));
    assert.deepEqual(
      records.map(({ offset, timestamp, key, value }) => [offset, timestamp, String(key), String(value)]),
      [
        [40, 1_700_000_000_000, 'k0', 'a'],
        [41, 1_700_000_001_000, 'k1', 'bb'],
        [42, 1_700_000_002_000, 'k2', ''],
      ],
    );
    assert.deepEqual(records[1]?.headers, [{ name: Buffer.from('h'), value: Buffer.from('1') }]);
  });
}

test('a batch that is cut short at the end is left for the next fetch', async () => {
  const log = Buffer.concat([batchOf(['a']), batchOf(['b'], { baseOffset: 1 })]);
  const cut = log.subarray(0, log.length - 1);
  assert.deepEqual(
    (await recordsOf(cut)).map(({ offset }) => offset),
    [0],
  );
});

test('a flipped bit is an error that names the batch', async () => {
  const log = batchOf(['a', 'b'], { baseOffset: 5 });
  log[log.length - 1] = (log.at(-1) ?? 0) ^ 1;
  await assert.rejects(recordsOf(log), (error) => {
    assert.ok(error instanceof UnreadableBatchError);
    assert.deepEqual([error.baseOffset, error.nextOffset], [5, 7]);
    assert.match(error.message, /batch at offset 5 to 7: checksum is \d+, its header says \d+/);
    return true;
  });
});

test('an older record format is an error, not an empty batch', async () => {
  const log = batchOf(['a']);
  log.writeInt8(1, 16);
  await assert.rejects(recordsOf(log), /record format 1, 2 is read/);
});

test('a batch that would decompress beyond the bound is an error', async () => {
  for (const compression of ['gzip', 'snappy', 'lz4', 'zstd'] as const) {
    await assert.rejects(
      recordsOf(batchOf(['x'.repeat(100_000)], { compression }), 50_000),
      UnreadableBatchError,
    );
  }
});

test('records that do not fill their batch are an error, with those before it already read', async () => {
  const log = batchOf(['a', 'b']);
  log.writeInt32BE(3, 57);
  const seen: number[] = [];
  await assert.rejects(async () => {
    for (const batch of readBatches(checksummed(log))) {
      const records = await openBatch(batch, MANY);
      while (records.left > 0) seen.push(records.next().offset);
    }
  }, /batch at offset 0 to 2: number without an end/);
  assert.deepEqual(seen, [0, 1]);
});

test("the time of the append counts where the topic's records carry it", async () => {
  const log = batchOf(['a', 'b']);
  log.writeInt16BE(0x08, 21);
  log.writeBigInt64BE(1_800_000_000_000n, 35);
  const records = await recordsOf(checksummed(log));
  assert.deepEqual(
    records.map(({ timestamp }) => timestamp),
    [1_800_000_000_000, 1_800_000_000_000],
  );
});

test('a batch says what it is: epoch, transaction, control, and the offset after it', () => {
  const log = batchOf(['a'], { baseOffset: 9 });
  log.writeInt32BE(4, 12);
  log.writeInt16BE(0x30, 21);
  // Compaction keeps the last offset of a batch and removes records.
  log.writeInt32BE(6, 23);
  const [batch] = [...readBatches(checksummed(log))];
  assert.equal(batch?.leaderEpoch, 4);
  assert.equal(batch.isTransactional && batch.isControl, true);
  assert.equal(batch.nextOffset, 16);
});
