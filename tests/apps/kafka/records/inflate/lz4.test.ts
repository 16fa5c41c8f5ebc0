import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compressionsAlgorithms } from '@platformatic/kafka';
import { Chance } from '../../../producer/chance.ts';
import { inflated } from './inflated.ts';

const { lz4 } = compressionsAlgorithms;

interface FrameOutline {
  readonly linked?: boolean;
  readonly blockChecksums?: boolean;
  readonly contentSize?: number;
  readonly contentChecksum?: boolean;
  /** 4 to 7: blocks of 64 KiB to 4 MiB. */
  readonly sizeCode?: number;
}

/** A frame by hand. @param blocks with the highest bit of the length set where they are stored as they are */
function frame(blocks: readonly (readonly [Buffer, boolean])[], outline: FrameOutline = {}): Buffer {
  const {
    linked = false,
    blockChecksums = false,
    contentSize,
    contentChecksum = false,
    sizeCode = 4,
  } = outline;
  const flags =
    0x40 |
    (linked ? 0 : 0x20) |
    (blockChecksums ? 0x10 : 0) |
    (contentSize === undefined ? 0 : 0x08) |
    (contentChecksum ? 0x04 : 0);
  const size = Buffer.alloc(contentSize === undefined ? 0 : 8);
  if (contentSize !== undefined) size.writeBigUInt64LE(BigInt(contentSize));
  const checksum = Buffer.from('cccccccc', 'hex');
  return Buffer.concat([
    Buffer.from([0x04, 0x22, 0x4d, 0x18, flags, sizeCode << 4]),
    size,
    Buffer.from([0]),
    ...blocks.flatMap(([block, isStored]) => {
      const length = Buffer.alloc(4);
      length.writeUInt32LE((block.length | (isStored ? 0x80000000 : 0)) >>> 0);
      return [length, block, blockChecksums ? checksum : Buffer.alloc(0)];
    }),
    Buffer.alloc(4),
    contentChecksum ? checksum : Buffer.alloc(0),
  ]);
}

const stored = (text: string): readonly [Buffer, boolean] => [Buffer.from(text), true];
/** Five literals and a match of 4 that reaches 8 back: into the block before. */
const reachingBack = Buffer.from([0x30, 0x58, 0x59, 0x5a, 0x08, 0x00, 0x10, 0x21]);

test('frames with every flag are read', async () => {
  const outlines = [0, 1, 2, 3, 4, 5, 6, 7].map((bits) => ({
    blockChecksums: (bits & 1) !== 0,
    contentChecksum: (bits & 2) !== 0,
    ...((bits & 4) !== 0 && { contentSize: 10 }),
  }));
  for (const outline of outlines) {
    for (const sizeCode of [4, 5, 6, 7]) {
      const bytes = frame([stored('hello'), stored('there')], { ...outline, sizeCode });
      assert.equal(String((await inflated('lz4', bytes)).bytes), 'hellothere');
    }
  }
});

test('blocks that refer back to the blocks before them are read', async () => {
  const bytes = frame([stored('abcdefgh'), [reachingBack, false]], { linked: true });
  assert.equal(String((await inflated('lz4', bytes)).bytes), 'abcdefghXYZdefg!');
});

test('frames one after the other are all read, and what is to be skipped between them is', async () => {
  const skippable = Buffer.from('5f2a4d180300000001ff02', 'hex');
  const bytes = Buffer.concat([
    frame([stored('one')]),
    skippable,
    frame([]),
    frame([stored('two')]),
    skippable,
  ]);
  assert.equal(String((await inflated('lz4', bytes)).bytes), 'onetwo');
});

test('no more is held than a block and what it may refer back to, however much it all holds', async () => {
  const { bytes, most } = await inflated('lz4', lz4.compressSync(Buffer.alloc(70_000_000, 'ab')));
  assert.equal(bytes.length, 70_000_000);
  assert.ok(most <= 4.1 * 2 ** 20, `${most} bytes`);
});

test('what is not as the format says is an error', async () => {
  const whole = frame([stored('hello')]);
  for (const [bytes, message] of [
    [whole.subarray(0, whole.length - 1), /not whole/],
    [whole.subarray(0, 6), /not whole/],
    [Buffer.from('more'), /no LZ4 frame begins with/],
    [frame([[Buffer.from([0xf0, 0xff, 0xff]), false]]), /ends early/],
    [frame([[reachingBack, false]]), /match before the beginning/],
    [
      frame([[Buffer.from([0x1f, 0x61, 0x01, 0x00, ...Array<number>(300).fill(255), 0x00]), false]]),
      /more than the 65536 bytes/,
    ],
    [frame([stored('x'.repeat(65_537))]), /more than the 65536 bytes/],
    [
      Buffer.concat([Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x61, 0x40]), Buffer.alloc(9)]),
      /needs a dictionary/,
    ],
    [Buffer.concat([Buffer.from([0x04, 0x22, 0x4d, 0x18, 0xa0, 0x40]), Buffer.alloc(9)]), /unknown version/],
    [Buffer.concat([Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x30]), Buffer.alloc(9)]), /unknown size 3/],
  ] as const) {
    await assert.rejects(inflated('lz4', bytes), message);
  }
});

test('whatever the library compresses comes back, and damage is an error or other bytes, never more than a block', async () => {
  const chance = new Chance(21);
  for (let round = 0; round < 300; round += 1) {
    const text = Buffer.concat(Array.from({ length: chance.below(40) }, () => chance.body()));
    const frames = lz4.compressSync(text);
    assert.ok((await inflated('lz4', frames)).bytes.equals(text));
    for (let damaged = 0; damaged < 20; damaged += 1) {
      await inflated('lz4', chance.mutate(frames)).catch((error: unknown) => {
        assert.equal(error instanceof Error && error.name, 'MalformedRecordError');
      });
    }
  }
});
