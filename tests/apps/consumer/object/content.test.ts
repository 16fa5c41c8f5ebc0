import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { BufferPool } from '../../../../apps/service/memory/buffer-pool.ts';
import { Content } from '../../../../apps/consumer/object/content.ts';
import type { Codec } from '../../../../apps/consumer/object/segment.ts';
import { MemoryAccount } from '../../../../apps/service/memory/memory-account.ts';

const inflate: Readonly<Record<Codec, (content: Buffer) => Buffer>> = {
  none: (content) => content,
  gzip: (content) => gunzipSync(content),
  zstd: (content) => zstdDecompressSync(content),
};

const MANY = 1_000_000_000;

const codecs = ['none', 'gzip', 'zstd'] as const;

for (const codec of codecs) {
  for (const [size, count] of [
    ['nothing', 0],
    ['one line', 1],
    ['more than one piece of lines', 5000],
  ] as const) {
    test(`${codec}: ${size} comes back as it went in`, async () => {
      const pool = new MemoryAccount({ bytes: MANY });
      const content = new Content(codec, { pool, buffers: new BufferPool({ maxBytes: MANY }) });
      const lines = Array.from({ length: count }, (_, line) =>
        Buffer.from(`${line} ${'x'.repeat(line % 100)}\n`),
      );
      for (const line of lines) await content.write(line);
      await content.finish();
      const object = Buffer.concat(content.pieces);
      assert.deepEqual(inflate[codec](object), Buffer.concat(lines));
      content.discard(true);
      assert.equal(pool.bytes, 0);
    });
  }

  test(`${codec}: memory is counted from the first line to the end of the upload`, async () => {
    const pool = new MemoryAccount({ bytes: MANY });
    const content = new Content(codec, { pool, buffers: new BufferPool({ maxBytes: MANY }) });
    for (let line = 0; line < 64; line++) await content.write(randomBytes(16 * 1024));
    assert.ok(content.memoryBytes > 0);
    await content.finish();
    const object = Buffer.concat(content.pieces);
    assert.ok(pool.bytes >= object.length && pool.bytes <= 2 * object.length);
    assert.ok(object.length >= 1024 * 1024);
    content.discard(true);
    assert.equal(pool.bytes, 0);
  });

  test(`${codec}: discarding while it is written or finished gives all memory back`, async () => {
    const pool = new MemoryAccount({ bytes: MANY });
    const written = new Content(codec, { pool, buffers: new BufferPool({ maxBytes: MANY }) });
    void written.write(randomBytes(1024 * 1024));
    written.discard(true);
    const finished = new Content(codec, { pool, buffers: new BufferPool({ maxBytes: MANY }) });
    void finished.write(randomBytes(1024 * 1024));
    const finishing = finished.finish().catch(() => undefined);
    finished.discard(true);
    await finishing;
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(pool.bytes, 0);
  });
}

for (const codec of ['gzip', 'zstd'] as const) {
  test(`${codec}: a writer that is faster than the compressor is made to wait`, async () => {
    const content = new Content(codec, {
      pool: new MemoryAccount({ bytes: MANY }),
      buffers: new BufferPool({ maxBytes: MANY }),
    });
    let waited = 0;
    for (let line = 0; line < 64; line++) {
      const behind = content.write(randomBytes(64 * 1024));
      if (behind !== undefined) waited += 1;
      await behind;
      assert.ok(content.memoryBytes < 8 * 1024 * 1024);
    }
    assert.ok(waited > 0);
    content.discard(true);
  });
}
