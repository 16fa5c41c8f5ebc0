import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import { promisify } from 'node:util';
import { constants, createGzip, createZstdCompress, gzip, zstdCompress } from 'node:zlib';
import { PIECE_BYTES, type BufferPool } from '../../service/memory/buffer-pool.ts';

/** Input per task of the thread pool, after the first piece. Smaller blocks cost more CPU time (docs/performance-notes.md). */
const BLOCK_BYTES = 4 * PIECE_BYTES;
/** Input that is not compressed yet; above it the writer waits. */
const QUEUE_BYTES = BLOCK_BYTES;

// The fastest level whose output is hardly larger, and a window of 16 KiB, which fits the CPU's L1 cache
// (docs/performance-notes.md).
const GZIP_OPTIONS = { level: 2, windowBits: 14 };

// A small window, since each open partition holds one (docs/performance-notes.md).
const ZSTD_OPTIONS = {
  params: { [constants.ZSTD_c_compressionLevel]: 1, [constants.ZSTD_c_windowLog]: 17 },
};

/** Memory of an open stream: window, tables and output buffer. An upper bound from a measurement (docs/performance-notes.md). */
const STREAM_BYTES = { gzip: 336 * 1024, zstd: 600 * 1024 };

/** Compresses in the thread pool, block by block. Content smaller than a piece opens no stream. */
export class Compressor {
  readonly #codec: 'gzip' | 'zstd';
  readonly #buffers: BufferPool;
  readonly #onOutput: (bytes: Buffer) => void;
  #stream: ReturnType<typeof createGzip | typeof createZstdCompress> | undefined;
  #input: Buffer | undefined;
  #filled = 0;

  /** @param onOutput called with compressed bytes, which it must copy, and without any when memory was freed */
  constructor(codec: 'gzip' | 'zstd', buffers: BufferPool, onOutput: (bytes: Buffer) => void) {
    this.#codec = codec;
    this.#buffers = buffers;
    this.#onOutput = onOutput;
  }

  /** Bytes in memory. */
  get memoryBytes(): number {
    const stream = this.#stream === undefined ? 0 : STREAM_BYTES[this.#codec] + this.#stream.writableLength;
    return stream + (this.#input?.length ?? 0);
  }

  /** @returns a promise if it is behind */
  write(bytes: Buffer): Promise<void> | undefined {
    for (let copied = 0; copied < bytes.length;) {
      this.#input ??= this.#buffers.take(this.#stream === undefined ? PIECE_BYTES : BLOCK_BYTES);
      const copying = bytes.copy(this.#input, this.#filled, copied);
      copied += copying;
      this.#filled += copying;
      if (this.#filled === this.#input.length) this.#flush();
    }
    const stream = this.#stream;
    return stream !== undefined && stream.writableLength > QUEUE_BYTES ? drained(stream) : undefined;
  }

  /** Compresses the rest. Rejects if it is destroyed meanwhile. */
  async finish(): Promise<void> {
    if (this.#stream === undefined) {
      this.#onOutput(await this.#whole(this.#input?.subarray(0, this.#filled) ?? Buffer.alloc(0)));
    } else {
      this.#flush();
      this.#stream.end();
      await finished(this.#stream);
      this.#stream = undefined;
    }
    this.#giveInput(true);
  }

  destroy(): void {
    this.#stream?.destroy();
    // A compression of the whole content may be reading it.
    this.#giveInput(false);
  }

  #flush(): void {
    const [stream, input] = [(this.#stream ??= this.#open()), this.#input];
    if (input === undefined) return;
    stream.write(input.subarray(0, this.#filled), () => {
      this.#buffers.give(input);
      this.#onOutput(Buffer.alloc(0));
    });
    this.#input = undefined;
    this.#filled = 0;
  }

  #giveInput(isUnused: boolean): void {
    if (this.#input !== undefined && isUnused) this.#buffers.give(this.#input);
    else if (this.#input !== undefined) this.#buffers.forget(this.#input);
    this.#input = undefined;
    this.#filled = 0;
  }

  #open(): ReturnType<typeof createGzip | typeof createZstdCompress> {
    const stream = this.#codec === 'gzip' ? createGzip(GZIP_OPTIONS) : createZstdCompress(ZSTD_OPTIONS);
    return stream.on('data', this.#onOutput);
  }

  #whole(bytes: Buffer): Promise<Buffer> {
    return this.#codec === 'gzip' ? gzipWhole(bytes, GZIP_OPTIONS) : zstdWhole(bytes, ZSTD_OPTIONS);
  }
}

const gzipWhole = promisify(gzip);
const zstdWhole = promisify(zstdCompress);

/** Resolves also when the stream is destroyed: the caller must check whether it may go on. */
async function drained(stream: NodeJS.WritableStream): Promise<void> {
  const settled = new AbortController();
  await Promise.race(['drain', 'close'].map((event) => once(stream, event, { signal: settled.signal })));
  settled.abort();
}
