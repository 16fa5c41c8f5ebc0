import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { createRecordsBatch, crc32c, type CompressionAlgorithmValue } from '@platformatic/kafka';
import { BufferPool } from '../../../../apps/service/memory/buffer-pool.ts';
import { UnreadableBatchError, type RecordMemory } from '../../../../apps/kafka/records/batch-records.ts';
import { openBatch, readBatches } from '../../../../apps/kafka/records/batches.ts';
import type { KafkaRecord } from '../../../../apps/kafka/records/records.ts';

const MANY = 1024 * 1024;

const memory = (maxRecordBytes: number): RecordMemory => ({
  maxRecordBytes,
  buffers: new BufferPool({ maxBytes: 0 }),
});

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

/** What is read shares memory with what is read next. */
function copied(record: KafkaRecord): KafkaRecord {
  const copy = (bytes: Buffer | null): Buffer | null => bytes && Buffer.from(bytes);
  return {
    ...record,
    key: copy(record.key),
    value: copy(record.value),
    headers: record.headers.map(({ name, value }) => ({ name: Buffer.from(name), value: copy(value) })),
  };
}

async function recordsOf(log: Buffer, maxBytes = MANY): Promise<KafkaRecord[]> {
  const records: KafkaRecord[] = [];
  for (const batch of readBatches(log)) {
    const opened = openBatch(batch, memory(maxBytes));
    while (opened.left > 0) {
      await opened.fill();
      records.push(copied(opened.next()));
    }
    await opened.end();
  }
  return records;
}

for (const compression of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
  test(`records come back from a batch with compression ${compression}`, async () => {
    const records = await recordsOf(batchOf(['a', 'bb', ''], { compression, baseOffset: 40 }));
    assert.deepEqual(
      records.map(({ offset, timestamp, key, value }) => [offset, timestamp, String(key), String(value)]),
      [
        [40, 1_700_000_000_000n, 'k0', 'a'],
        [41, 1_700_000_001_000n, 'k1', 'bb'],
        [42, 1_700_000_002_000n, 'k2', ''],
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

for (const compression of ['none', 'gzip', 'snappy', 'lz4'] as const) {
  test(`a record beyond the bound is an error, with those before it already read, compression ${compression}`, async () => {
    const values = ['a', 'x'.repeat(100_000)];
    const [batch] = [...readBatches(batchOf(values, { compression }))];
    const records = openBatch(batch ?? assert.fail(), memory(50_000));
    await records.fill();
    assert.equal(String(records.next().value), 'a');
    await assert.rejects(
      async () => {
        await records.fill();
      },
      (error) =>
        error instanceof UnreadableBatchError &&
        /batch at offset 0 to 2: record of 1000\d\d bytes, 50000 are allowed/.test(error.message),
    );
    records.close();
  });
}

for (const compression of ['gzip', 'lz4', 'zstd'] as const) {
  test(`a batch that holds far more than there is memory for is read record by record, ${compression}`, async () => {
    const values = Array.from({ length: 70 }, (_, index) => String(index % 10).repeat(1_000_000));
    const log = batchOf(values, { compression });
    assert.ok(log.length < 400_000, `${log.length} bytes`);
    const [batch] = [...readBatches(log)];
    const records = openBatch(batch ?? assert.fail(), memory(2 * MANY));
    let [read, most] = [0, 0];
    for (; records.left > 0; read += 1) {
      await records.fill();
      most = Math.max(most, records.memoryBytes);
      const { value } = records.next();
      assert.equal(value?.length, 1_000_000);
      assert.equal(value[999_999], 0x30 + (read % 10));
    }
    await records.end();
    assert.equal(read, 70);
    assert.ok(most < 8 * MANY, `${most} bytes were held`);
  });
}

test('a number that never ends is an error, not a window that grows', async () => {
  const log = batchOf(['x'.repeat(1000)], { compression: 'gzip' });
  const payload = gzipSync(Buffer.alloc(20_000_000, 0xff));
  const bytes = Buffer.concat([log.subarray(0, 61), payload]);
  bytes.writeInt32BE(bytes.length - 12, 8);
  const [batch] = [...readBatches(checksummed(bytes))];
  const records = openBatch(batch ?? assert.fail(), memory(MANY));
  await records.fill();
  assert.throws(() => records.next(), /number without an end/);
  assert.ok(records.memoryBytes < MANY);
  records.close();
});

test('records that do not fill their batch are an error, with those before it already read', async () => {
  const log = batchOf(['a', 'b']);
  log.writeInt32BE(3, 57);
  const seen: number[] = [];
  await assert.rejects(async () => {
    for (const batch of readBatches(checksummed(log))) {
      const records = openBatch(batch, memory(MANY));
      while (records.left > 0) {
        await records.fill();
        seen.push(records.next().offset);
      }
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
    [1_800_000_000_000n, 1_800_000_000_000n],
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

test('offsets that no log reaches are an error, and not rounded', async () => {
  const log = batchOf(['a']);
  log.writeBigInt64BE(2n ** 53n - 1n);
  await assert.rejects(recordsOf(log), /offsets up to 9007199254740991 are read/);
});

test('a key or headers that would take many times as much in a line are an error', async () => {
  const send = (given: { key?: Buffer; headers?: Map<Buffer, Buffer> }): Buffer => {
    const { buffer } = createRecordsBatch([{ topic: 't', value: Buffer.from('x'), ...given }], {});
    return Buffer.from(buffer);
  };
  const many = (count: number): Map<Buffer, Buffer> =>
    new Map(Array.from({ length: count }, () => [Buffer.from('h'), Buffer.alloc(0)]));
  assert.equal((await recordsOf(send({ headers: many(10_000) })))[0]?.headers.length, 10_000);
  await assert.rejects(
    recordsOf(send({ headers: many(10_001) })),
    /10001 headers of \d+ bytes, 10000 of 1048576 are/,
  );
  const long = new Map([[Buffer.from('h'), Buffer.alloc(MANY)]]);
  await assert.rejects(recordsOf(send({ headers: long }), 2 * MANY), /1 headers of 10485\d\d bytes/);
  await assert.rejects(recordsOf(send({ key: Buffer.alloc(MANY + 1) }), 2 * MANY), /key of 1048577 bytes/);
});
