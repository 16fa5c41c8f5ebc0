import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import test from 'node:test';
import { nonEmptyLines, readEvents } from '../../../../infra/local/up/events.ts';

async function lines(...chunks: string[]): Promise<string[]> {
  const found: string[] = [];
  for await (const line of nonEmptyLines(Readable.from(chunks.map((chunk) => Buffer.from(chunk))))) {
    found.push(line.toString());
  }
  return found;
}

test('lines come whole, however they are cut, without their ends and without empty ones', async () => {
  assert.deepEqual(await lines('{"a"', ':1}\n{"b":2}\r', '\n\n\r\n{"c":3}'), [
    '{"a":1}',
    '{"b":2}',
    '{"c":3}',
  ]);
  assert.deepEqual(await lines(), []);
  assert.deepEqual(await lines('1\n', '2\n'), ['1', '2']);
});

test('a line separator within a JSON text does not end a line', async () => {
  assert.deepEqual(await lines('"a\u2028b"\n'), ['"a\u2028b"']);
});

test('the sample has at least 20,000 records, each a JSON object of its own', async () => {
  let count = 0;
  for await (const event of readEvents('sample')) {
    count += 1;
    if (count === 1)
      assert.deepEqual(Object.keys(JSON.parse(event.toString()) as object).sort(), [
        'date',
        'delay',
        'destination',
        'distance',
        'origin',
      ]);
  }
  assert(count >= 20_000, `${count} records`);
});
