import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LineBytes, Room } from '../../../../apps/consumer/object/segment-buffer.ts';
import { LineEncoder } from '../../../../apps/consumer/object/line-encoder.ts';
import { BufferPool } from '../../../../apps/service/memory/buffer-pool.ts';
import type { BatchRecords } from '../../../../apps/kafka/records/batch-records.ts';
import { openBatch, type Batch } from '../../../../apps/kafka/records/batches.ts';
import type { KafkaRecord } from '../../../../apps/kafka/records/records.ts';
import { encodePlain } from '../../../../apps/consumer/object/plain-lines.ts';
import { Chance } from '../../producer/chance.ts';

const APPEND_TIME = 0x08;
const ALL: Room = { records: Infinity, bytes: Infinity, end: Infinity };
const BASE = { baseOffset: 1_000, baseTimestamp: 1_700_000_000_000n };

function varint(value: number | bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, (BigInt(value) << 1n) ^ (BigInt(value) >> 63n));
  for (; rest >= 128n; rest >>= 7n) bytes.push(Number(rest & 127n) + 128);
  return Buffer.from([...bytes, Number(rest)]);
}

const field = (bytes: Buffer | null): Buffer =>
  bytes === null ? varint(-1) : Buffer.concat([varint(bytes.length), bytes]);

function payload(records: readonly KafkaRecord[]): Buffer {
  return Buffer.concat(
    records.map(({ offset, timestamp, key, value, headers }) => {
      const record = Buffer.concat([
        ...[
          Buffer.from([0]),
          varint(BigInt.asIntN(64, timestamp - BASE.baseTimestamp)),
          varint(offset - BASE.baseOffset),
        ],
        ...[field(key), field(value), varint(headers.length)],
        ...headers.flatMap((header) => [field(header.name), field(header.value)]),
      ]);
      return field(record);
    }),
  );
}

const bytesOf = ({ pieces }: LineBytes): Buffer => Buffer.concat([...pieces]);

function open(bytes: Buffer, count: number, attributes = 0): BatchRecords {
  const outline = { ...BASE, maxTimestamp: 2n ** 63n - 1n, attributes, count, payload: bytes };
  return openBatch(outline as Batch, { maxRecordBytes: Infinity, buffers: new BufferPool({ maxBytes: 0 }) });
}

function record(offset: number, given: Partial<KafkaRecord> = {}): KafkaRecord {
  return {
    offset,
    timestamp: BASE.baseTimestamp,
    key: null,
    value: Buffer.from('{}'),
    headers: [],
    ...given,
  };
}

const range = (count: number): number[] =>
  Array.from({ length: count }, (_, index) => BASE.baseOffset + index);

const EXTREMES = [2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n + 1n, -1n, 0n];

/** As clients send it, and as they should not. */
function anyValue(chance: Chance): Buffer {
  const body = chance.body();
  if (chance.seldom())
    return Buffer.concat([body, Buffer.from(chance.pick(['\n', '\r\n', '\n\n', '\r', ' \n']))]);
  return chance.seldom() ? Buffer.from(chance.pick(ODD)) : body;
}

const ODD = [
  '"\\ud800"',
  '{"\\udfff":"\\ud83d\\ude00"}',
  '"\\ud83d\\ud83d\\ude00"',
  '['.repeat(101) + ']'.repeat(101),
  '['.repeat(100) + ']'.repeat(100),
  `1${'0'.repeat(1_000)}`,
  `1${'0'.repeat(999)}`,
  `{"${'n'.repeat(50_001)}":1}`,
  `{"${'n'.repeat(50_000)}":1}`,
];

function anyRecord(chance: Chance, offset: number): KafkaRecord {
  const name = () =>
    chance.rarely() ? chance.bytes(5) : Buffer.from(chance.pick(['', 'a', 'content-type', 'ä']));
  return {
    offset,
    timestamp: chance.rarely()
      ? chance.pick(EXTREMES)
      : BASE.baseTimestamp + BigInt(chance.below(2_000) - 1_000),
    key: chance.often()
      ? null
      : chance.rarely()
        ? chance.bytes(9)
        : Buffer.from(chance.pick(['', 'k', 'Köln', '"'])),
    value: chance.rarely() ? null : anyValue(chance),
    headers: Array.from({ length: chance.below(4) }, () => ({
      name: name(),
      value: chance.rarely() ? null : chance.bytes(7),
    })),
  };
}

test('writes every line as the encoder of single records does, whatever the room', async () => {
  const chance = new Chance(11);
  const single = new LineEncoder();
  let [together, alone] = [0, 0];
  for (let round = 0; round < 300; round += 1) {
    const records = range(chance.below(60)).map((offset) => anyRecord(chance, offset));
    const batch = open(payload(records), records.length);
    const lines: Buffer[] = [];
    while (batch.left > 0) {
      const taken = records.length - batch.left;
      const offset = BASE.baseOffset + taken;
      const room = {
        records: 1 + chance.below(20),
        bytes: chance.below(9_000),
        end: offset + chance.below(30),
      };
      const run = encodePlain(batch, offset, chance.often() ? ALL : room);
      if (run === undefined) {
        alone += 1;
        lines.push(bytesOf(single.encode(batch.next())));
        continue;
      }
      together += run.count;
      const [first, last] = [records[taken], records[taken + run.count - 1]];
      assert.deepEqual(run.first, { offset, timestamp: first?.timestamp });
      assert.deepEqual(run.last, { offset: last?.offset, timestamp: last?.timestamp });
      lines.push(bytesOf(run));
    }
    await batch.end();
    const expected = records.map((each) => bytesOf(single.encode(each)));
    assert.equal(Buffer.concat(lines).toString('latin1'), Buffer.concat(expected).toString('latin1'));
  }
  assert.ok(together > 2 * alone, `${together} records together, ${alone} alone`);
});

test('stops before a hole in the offsets, and takes nothing of another offset than the wanted one', () => {
  const records = [record(1_000), record(1_001), record(1_003)];
  const batch = open(payload(records), 3);
  assert.equal(encodePlain(batch, 999, ALL), undefined);
  assert.equal(encodePlain(batch, 1_000, ALL)?.count, 2);
  assert.equal(encodePlain(batch, 1_002, ALL), undefined);
  assert.equal(encodePlain(batch, 1_003, ALL)?.count, 1);
  assert.equal(batch.left, 0);
});

test('takes no more than there is room for: records, bytes, and offsets', () => {
  const records = range(10).map((offset) => record(offset));
  const line = new LineEncoder().encode(record(1_000)).length;
  const first = (room: Partial<Room>) => encodePlain(open(payload(records), 10), 1_000, { ...ALL, ...room });
  assert.equal(first({ records: 3 })?.count, 3);
  assert.equal(first({ end: 1_004 })?.count, 4);
  assert.equal(first({ bytes: 3 * line - 1 })?.count, 2);
  assert.equal(first({ bytes: 3 * line })?.count, 3);
  assert.equal(first({ bytes: line - 1 }), undefined);
  assert.equal(first({ records: 0 }), undefined);
});

test('leaves a record of more than 64 KiB to others, and goes on behind it', () => {
  const large = Buffer.from(JSON.stringify('x'.repeat(70_000)));
  const records = [record(1_000), record(1_001, { value: large }), record(1_002)];
  const batch = open(payload(records), 3);
  assert.equal(encodePlain(batch, 1_000, ALL)?.count, 1);
  assert.equal(encodePlain(batch, 1_001, ALL), undefined);
  assert.equal(batch.next().value?.length, large.length);
  assert.equal(encodePlain(batch, 1_002, ALL)?.count, 1);
});

test("gives every line the time of the append where the topic's records carry it", () => {
  const batch = open(payload([record(1_000), record(1_001)]), 2, APPEND_TIME);
  const lines = encodePlain(batch, 1_000, ALL);
  assert.equal(lines?.first.timestamp, 2n ** 63n - 1n);
  assert.match(
    String(bytesOf(lines)),
    /^\{"offset":1000,"timestamp":9223372036854775807,.*\n.*"timestamp":9223372036854775807,/,
  );
});

test('takes nothing of records that are not what their format says, and nothing beyond them', () => {
  const chance = new Chance(12);
  const records = range(5).map((offset) => anyRecord(chance, offset));
  const whole = payload(records);
  for (let round = 0; round < 20_000; round += 1) {
    const bytes = chance.mutate(whole);
    const batch = open(bytes, 5);
    const run = encodePlain(batch, BASE.baseOffset, ALL);
    if (run === undefined) continue;
    const again = open(bytes, 5);
    const single = new LineEncoder();
    const expected = Array.from({ length: run.count }, () => bytesOf(single.encode(again.next())));
    assert.equal(bytesOf(run).toString('latin1'), Buffer.concat(expected).toString('latin1'));
    assert.deepEqual(again.rest, batch.rest);
  }
});
