import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { createContent } from '../../../apps/consumer/codec.ts';
import type { Codec } from '../../../apps/consumer/link.ts';
import { MemoryPool } from '../../../apps/consumer/memory.ts';

const inflate: Readonly<Record<Codec, (content: Buffer) => Buffer>> = {
  none: (content) => content,
  gzip: (content) => gunzipSync(content),
  zstd: (content) => zstdDecompressSync(content),
};

const codecs = ['none', 'gzip', 'zstd'] as const;

for (const codec of codecs) {
  for (const [size, count] of [
    ['nothing', 0],
    ['one line', 1],
    ['more than one piece of lines', 5000],
  ] as const) {
    test(`${codec}: ${size} comes back as it went in`, async () => {
      const pool = new MemoryPool(1_000_000_000);
      const content = createContent(codec, pool);
      const lines = Array.from({ length: count }, (_, line) =>
        Buffer.from(`${line} ${'x'.repeat(line % 100)}\n`),
      );
      for (const line of lines) await content.write(line);
      const object = await content.finish();
      assert.deepEqual(inflate[codec](object), Buffer.concat(lines));
      content.discard();
      assert.equal(pool.used, 0);
    });
  }

  test(`${codec}: memory is counted from the first line to the end of the upload`, async () => {
    const pool = new MemoryPool(1_000_000_000);
    const content = createContent(codec, pool);
    for (let line = 0; line < 64; line++) await content.write(randomBytes(16 * 1024));
    assert.ok(content.memoryBytes > 0);
    const object = await content.finish();
    assert.equal(pool.used, object.length);
    assert.ok(object.length >= 1024 * 1024);
    content.discard();
    assert.equal(pool.used, 0);
  });

  test(`${codec}: discarding while it is written or finished gives all memory back`, async () => {
    const pool = new MemoryPool(1_000_000_000);
    const written = createContent(codec, pool);
    void written.write(randomBytes(1024 * 1024));
    written.discard();
    const finished = createContent(codec, pool);
    void finished.write(randomBytes(1024 * 1024));
    const finishing = finished.finish().catch(() => undefined);
    finished.discard();
    await finishing;
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(pool.used, 0);
  });
}

for (const codec of ['gzip', 'zstd'] as const) {
  test(`${codec}: a writer that is faster than the compressor is made to wait`, async () => {
    const content = createContent(codec, new MemoryPool(1_000_000_000));
    let waited = 0;
    for (let line = 0; line < 64; line++) {
      const behind = content.write(randomBytes(64 * 1024));
      if (behind !== undefined) waited += 1;
      await behind;
      assert.ok(content.memoryBytes < 8 * 1024 * 1024);
    }
    assert.ok(waited > 0);
    content.discard();
  });
}
