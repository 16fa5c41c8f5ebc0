import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import { promisify } from 'node:util';
import { constants, createGzip, createZstdCompress, gzip, zstdCompress } from 'node:zlib';
import { PIECE_BYTES, type BufferPool } from '../../service/memory/buffer-pool.ts';

/**
 * What the thread pool gets at once after the first piece. In pieces of 64 KiB a tenth more of the processor's time went
 * by, with handing them over.
 */
const BLOCK_BYTES = 4 * PIECE_BYTES;
/** Input that the compressor has not taken; above it the writer waits. */
const QUEUE_BYTES = BLOCK_BYTES;

// Measured on lines of 400 bytes and of 1 KiB. Level 2 takes a quarter to a third less of the processor's time than level 4
// for up to 2 % more bytes; level 4 itself up to a quarter less than the default, 6. A window of 16 KiB instead of 32 fits
// the processor's nearest cache: 8 to 22 % less time for events, and as many bytes or 3 % less; as much time and up to 4 %
// less bytes for logs. Only text that repeats whole passages after 16 KiB comes out larger, by a quarter.
const GZIP_OPTIONS = { level: 2, windowBits: 14 };

// Each open partition holds a window. Against level 3 with 512 KiB: a third of the memory and of the processor's time,
// for 2 % more bytes.
const ZSTD_OPTIONS = {
  params: { [constants.ZSTD_c_compressionLevel]: 1, [constants.ZSTD_c_windowLog]: 17 },
};

/**
 * What an open stream holds: window, tables and output buffer. Measured over 30 of them, for gzip with a window of 32 KiB, of
 * which half takes 64 KiB less (zlib's zconf.h).
 */
const STREAM_BYTES = { gzip: 336 * 1024, zstd: 600 * 1024 };

/** Compresses in the thread pool, block by block. What is smaller than a piece never opens a stream. */
export class Compressor {
  readonly #codec: 'gzip' | 'zstd';
  readonly #buffers: BufferPool;
  readonly #onOutput: (bytes: Buffer) => void;
  #stream: ReturnType<typeof createGzip | typeof createZstdCompress> | undefined;
  #input: Buffer | undefined;
  #filled = 0;

  /** @param onOutput gets what is compressed, and copies it; called too when less is held */
  constructor(codec: 'gzip' | 'zstd', buffers: BufferPool, onOutput: (bytes: Buffer) => void) {
    this.#codec = codec;
    this.#buffers = buffers;
    this.#onOutput = onOutput;
  }

  /** All that it holds. */
  get memoryBytes(): number {
    const stream = this.#stream === undefined ? 0 : STREAM_BYTES[this.#codec] + this.#stream.writableLength;
    return stream + (this.#input?.length ?? 0);
  }

  /** @returns a promise where it is behind */
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

  /** Ends what was begun. Rejects where it is destroyed meanwhile. */
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
    // It may be read at this moment by a compression of the whole.
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

/** Also when the stream is destroyed: whoever waits must look whether it still has a reason to go on. */
async function drained(stream: NodeJS.WritableStream): Promise<void> {
  const settled = new AbortController();
  await Promise.race(['drain', 'close'].map((event) => once(stream, event, { signal: settled.signal })));
  settled.abort();
}
