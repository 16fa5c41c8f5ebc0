import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compressionsAlgorithms } from '@platformatic/kafka';
import { Chance } from '../../../producer/chance.ts';
import { inflated } from './inflated.ts';

const { snappy } = compressionsAlgorithms;

/** As snappy-java frames it. */
function stream(blocks: readonly Buffer[]): Buffer {
  const header = Buffer.from('82534e41505059000000000100000001', 'hex');
  return Buffer.concat([
    header,
    ...blocks.flatMap((block) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(block.length);
      return [length, block];
    }),
  ]);
}

test('both framings are read, and streams one after the other', async () => {
  const [one, two] = ['one '.repeat(20_000), 'two'].map((text) => snappy.compressSync(Buffer.from(text)));
  const text = 'one '.repeat(20_000);
  assert.equal(String((await inflated('snappy', one ?? assert.fail())).bytes), text);
  const streamed = stream([one ?? assert.fail(), two ?? assert.fail()]);
  assert.equal(String((await inflated('snappy', streamed)).bytes), `${text}two`);
  const both = Buffer.concat([streamed, stream([two ?? assert.fail()])]);
  assert.equal(String((await inflated('snappy', both)).bytes), `${text}twotwo`);
  assert.equal((await inflated('snappy', stream([]))).bytes.length, 0);
});

test('a block of more than is kept is read piece by piece', async () => {
  const chance = new Chance(3);
  const text = Buffer.concat(Array.from({ length: 40 }, () => Buffer.alloc(250_000, chance.text(99) || 'x')));
  const { bytes, most } = await inflated('snappy', snappy.compressSync(text), 2 ** 20);
  assert.ok(bytes.equals(text));
  assert.ok(most <= 2 ** 21, `${most} bytes`);
});

test('a length that is claimed and not there takes no memory', async () => {
  // 2^31 - 1, then a literal of one byte.
  const claiming = Buffer.from('ffffffff070061', 'hex');
  const before = process.memoryUsage().arrayBuffers;
  await assert.rejects(inflated('snappy', claiming), /Snappy block that ends 2147483646 bytes early/);
  assert.ok(process.memoryUsage().arrayBuffers - before < 4 * 2 ** 20);
});

test('what is not as the format says is an error', async () => {
  const large = (elements: string): Buffer => {
    const zeros = Buffer.concat(Array.from({ length: 32_768 }, () => Buffer.from([0xfe, 0x01, 0x00])));
    // 2^21 + 5: a literal of one byte, 2^21 of its copies, and what is to be tried.
    return Buffer.concat([Buffer.from('858080010061', 'hex'), zeros, Buffer.from(elements, 'hex')]);
  };
  assert.equal((await inflated('snappy', large('0c62636465'))).bytes.length, 2 ** 21 + 5);
  for (const [bytes, message] of [
    [Buffer.from('0500', 'hex'), /literal that is not whole/],
    [Buffer.from('0100610061', 'hex'), /holds more than it says/],
    [Buffer.from('ffffffffff', 'hex'), /without its length/],
    [large(''), /ends 4 bytes early/],
    [large('1062'), /literal that is not whole/],
    [large('1862636465666768'), /holds more than it says/],
    [large('0c626364650066'), /holds more than it says/],
    [large('0fffffffff'), /copy from 4294967295 bytes before/],
    [large('0e0000'), /copy from 0 bytes before/],
  ] as const) {
    await assert.rejects(inflated('snappy', bytes), message);
  }
  await assert.rejects(inflated('snappy', stream([Buffer.alloc(9)]).subarray(0, 22)), /not whole/);
});

test('whatever the library compresses comes back, and damage is an error or other bytes', async () => {
  const chance = new Chance(22);
  for (let round = 0; round < 300; round += 1) {
    const text = Buffer.concat(Array.from({ length: chance.below(40) }, () => chance.body()));
    const block = snappy.compressSync(text);
    assert.ok((await inflated('snappy', block)).bytes.equals(text));
    for (let damaged = 0; damaged < 20; damaged += 1) {
      await inflated('snappy', chance.mutate(chance.often() ? block : stream([block]))).catch(
        (error: unknown) => {
          assert.equal(error instanceof Error && error.name, 'MalformedRecordError');
        },
      );
    }
  }
});
