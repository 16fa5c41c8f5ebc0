import assert from 'node:assert/strict';
import { test } from 'node:test';
import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import { readZstdFrames } from '../../../../../apps/kafka/records/inflate/zstd-frames.ts';
import { inflated } from './inflated.ts';

const texts = ['one '.repeat(1000), '', 'two', 'x'.repeat(300_000)];
const whole = texts.join('');

test('gzip: members one after the other are all read', async () => {
  const members = Buffer.concat(texts.map((text) => gzipSync(text)));
  assert.equal(String((await inflated('gzip', members)).bytes), whole);
});

test('zstd: frames one after the other are all read, and what stands between them to be skipped is', async () => {
  const skippable = Buffer.from('53 2a 4d 18 04 00 00 00 01 02 03 04'.replaceAll(' ', ''), 'hex');
  const checked = { params: { [constants.ZSTD_c_checksumFlag]: 1 } };
  const sized = { pledgedSrcSize: 3 };
  for (const between of [Buffer.alloc(0), skippable]) {
    const frames = texts.flatMap((text, index) => [
      between,
      zstdCompressSync(text, index % 2 === 0 ? checked : text === 'two' ? sized : {}),
    ]);
    assert.equal(String((await inflated('zstd', Buffer.concat([...frames, between]))).bytes), whole);
  }
});

test('zstd: the window that a frame asks for is known before it is allocated', async () => {
  for (const log of [10, 17, 21, 27]) {
    const text = Buffer.alloc(1_000_000, 'abc');
    const frame = zstdCompressSync(text, { params: { [constants.ZSTD_c_windowLog]: log } });
    const [found] = readZstdFrames(frame);
    // Where the whole content is smaller, the encoder may say its size instead.
    assert.ok(found !== undefined && found.windowBytes <= 2 ** log);
    assert.equal(found.bytes.length, frame.length);
    assert.ok((await inflated('zstd', frame, 2 ** 27)).bytes.equals(text));
  }
  // Window_Descriptor 0xa8: an exponent of 21, so 2 GiB.
  const claiming = Buffer.from('28b52ffd00a8010000', 'hex');
  await assert.rejects(
    inflated('zstd', claiming),
    /zstd needs a window of 2147483648 bytes .* 8388608 are allowed/,
  );
  // A single segment of 2^40 bytes.
  const sized = Buffer.from('28b52ffde00000000000010000010000', 'hex');
  await assert.rejects(inflated('zstd', sized), /zstd needs a window of 1099511627776 bytes/);
});

test('what is cut short or is something else is an error', async () => {
  const frame = zstdCompressSync(whole);
  await assert.rejects(inflated('zstd', frame.subarray(0, frame.length - 1)), /not whole/);
  await assert.rejects(
    inflated('zstd', Buffer.concat([frame, Buffer.from('more')])),
    /no zstd frame begins with/,
  );
  const member = gzipSync(whole);
  await assert.rejects(inflated('gzip', member.subarray(0, member.length - 1)), /unexpected end of file/);
  await assert.rejects(inflated('gzip', Buffer.from('more')), /incorrect header check/);
});
