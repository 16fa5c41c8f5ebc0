import assert from 'node:assert/strict';
import test from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { MemoryAccount } from '../../../apps/service/memory/memory-account.ts';
import { LineReader, type ReadPiece } from '../../../apps/producer/http/line-reader.ts';

const ROOM = () => new MemoryAccount({ bytes: 1_000_000, records: 1 });

/** Hands out bytes in pieces of one size. */
function inPieces(bytes: Buffer, size: number): ReadPiece {
  let at = 0;
  return () => Promise.resolve(at < bytes.length ? bytes.subarray(at, (at += size)) : undefined);
}

async function readAll(readPiece: ReadPiece, maxBytes: number, budget = ROOM()): Promise<unknown[]> {
  const reader = new LineReader(readPiece, { maxBytes, lineMs: 10_000, budget, patienceMs: 50 });
  const lines: unknown[] = [];
  while (await reader.fill()) {
    for (let line = reader.take(); line; line = reader.take()) {
      const { number, lost, source, start, end } = line;
      lines.push([number, lost ?? source.toString('utf8', start, end)]);
    }
  }
  assert.equal(await reader.fill(), false);
  assert.equal(reader.take(), undefined);
  assert.equal(budget.bytes, 0);
  return lines;
}

async function read(text: string, maxBytes = 5): Promise<unknown[][]> {
  const answers: unknown[] = [];
  const bytes = Buffer.from(text);
  for (const size of [1, 2, 3, 7, 1_000]) {
    answers.push(await readAll(inPieces(bytes, size), maxBytes));
  }
  for (const answer of answers) assert.deepEqual(answer, answers[0], 'the pieces must not matter');
  return answers[0] as unknown[][];
}

test('lines end with a newline, with or without a return, or with the text', async () => {
  assert.deepEqual(await read('a\nb\r\nc'), [
    [1, 'a'],
    [2, 'b'],
    [3, 'c'],
  ]);
  assert.deepEqual(await read('a\n'), [[1, 'a']]);
  assert.deepEqual(await read('é\n'), [[1, 'é']]);
  assert.deepEqual(await read('a\rb'), [[1, 'a\rb']]);
});

test('blank lines are passed over but counted', async () => {
  assert.deepEqual(await read(''), []);
  assert.deepEqual(await read('\n\r\n\n'), []);
  assert.deepEqual(await read('\n\na\n\r\nb\n'), [
    [3, 'a'],
    [5, 'b'],
  ]);
});

test('a line of exactly the limit passes, one more byte is named, and the next line is whole again', async () => {
  assert.deepEqual(await read('12345\n'), [[1, '12345']]);
  assert.deepEqual(await read('12345\r\n'), [[1, '12345']]);
  assert.deepEqual(await read('12345'), [[1, '12345']]);
  assert.deepEqual(await read('123456\nab\n'), [
    [1, 'too-long'],
    [2, 'ab'],
  ]);
  assert.deepEqual(await read('123456\r\n123456'), [
    [1, 'too-long'],
    [2, 'too-long'],
  ]);
  assert.deepEqual(await read(`${'x'.repeat(5_000)}\nab`), [
    [1, 'too-long'],
    [2, 'ab'],
  ]);
});

test('of a line that is too long nothing is kept', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const seen: WeakRef<ArrayBufferLike>[] = [];
  async function* endless(): AsyncGenerator<Buffer> {
    for (let count = 0; count < 20; count++) {
      const chunk = Buffer.alloc(100_000, 'x');
      seen.push(new WeakRef(chunk.buffer));
      yield chunk;
    }
    // A weak reference is kept alive until the end of its turn.
    await new Promise(setImmediate);
    collect();
    yield Buffer.from('\nab');
  }
  const chunks = endless();
  const readPiece = () => chunks.next().then(({ value }) => value as Buffer | undefined);
  assert.deepEqual(await readAll(readPiece, 1_000), [
    [1, 'too-long'],
    [2, 'ab'],
  ]);
  const kept = seen.filter((chunk) => chunk.deref() !== undefined).length;
  assert.ok(kept <= 1, `${kept} of ${seen.length} pieces are kept`);
});
