import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import { promisify } from 'node:util';
import { constants, createGzip, createZstdCompress, gzip, zstdCompress } from 'node:zlib';
import type { Codec } from './link.ts';
import { MemoryShare, type MemoryPool } from './memory.ts';

/** Lines go to the compressor in pieces of this size, so that a small object never opens a stream. */
const PIECE_BYTES = 64 * 1024;
/** Input that the compressor has not taken; above it the writer waits. */
const QUEUE_BYTES = 256 * 1024;

const ZSTD_PARAMS = {
  [constants.ZSTD_c_compressionLevel]: 3,
  // 512 KiB instead of 2 MiB: one window for each open partition is held at once.
  [constants.ZSTD_c_windowLog]: 19,
};

/** What an open compressor holds, measured over 30 streams: window, tables and output buffer. */
const STREAM_BYTES = { gzip: 400 * 1024, zstd: 1792 * 1024 };

/** The content of an object that is being filled. Its memory is counted in a pool. */
export interface Content {
  readonly memoryBytes: number;
  /** @returns a promise where the compressor is behind */
  write(line: Buffer): Promise<void> | undefined;
  /** The whole content; it stays counted until {@link discard}, which makes an unfinished one reject. */
  finish(): Promise<Buffer>;
  /** Gives the memory back. May be called at any time, more than once. */
  discard(): void;
}

export function createContent(codec: Codec, pool: MemoryPool): Content {
  return codec === 'none' ? new PlainContent(pool) : new CompressedContent(codec, pool);
}

class PlainContent implements Content {
  readonly #share: MemoryShare;
  #lines: Buffer[] = [];

  constructor(pool: MemoryPool) {
    this.#share = new MemoryShare(pool);
  }

  get memoryBytes(): number {
    return this.#share.bytes;
  }

  write(line: Buffer): undefined {
    this.#lines.push(line);
    this.#share.set(this.#share.bytes + line.length);
  }

  finish(): Promise<Buffer> {
    const content = Buffer.concat(this.#lines);
    this.#lines = [];
    return Promise.resolve(content);
  }

  discard(): void {
    this.#lines = [];
    this.#share.set(0);
  }
}

class CompressedContent implements Content {
  readonly #codec: 'gzip' | 'zstd';
  readonly #share: MemoryShare;
  #lines: Buffer[] = [];
  #lineBytes = 0;
  #stream: ReturnType<typeof createGzip | typeof createZstdCompress> | undefined;
  #output: Buffer[] = [];
  #outputBytes = 0;
  #discarded = false;

  constructor(codec: 'gzip' | 'zstd', pool: MemoryPool) {
    this.#codec = codec;
    this.#share = new MemoryShare(pool);
  }

  get memoryBytes(): number {
    return this.#share.bytes;
  }

  write(line: Buffer): Promise<void> | undefined {
    this.#lines.push(line);
    this.#lineBytes += line.length;
    let waiting: Promise<void> | undefined;
    if (this.#lineBytes >= PIECE_BYTES) {
      const stream = (this.#stream ??= this.#open());
      stream.write(this.#take(), () => this.#count());
      if (stream.writableLength > QUEUE_BYTES) waiting = drained(stream);
    }
    this.#count();
    return waiting;
  }

  async finish(): Promise<Buffer> {
    const rest = this.#take();
    if (this.#stream === undefined) {
      const content =
        this.#codec === 'gzip' ? await gzipAll(rest) : await zstdAll(rest, { params: ZSTD_PARAMS });
      if (!this.#discarded) this.#share.set(content.length);
      return content;
    }
    this.#stream.end(rest);
    await finished(this.#stream);
    const content = Buffer.concat(this.#output, this.#outputBytes);
    this.#output = [];
    this.#stream = undefined;
    if (!this.#discarded) this.#share.set(content.length);
    return content;
  }

  discard(): void {
    this.#discarded = true;
    this.#lines = [];
    this.#lineBytes = 0;
    this.#output = [];
    this.#stream?.destroy();
    this.#share.set(0);
  }

  #open(): ReturnType<typeof createGzip | typeof createZstdCompress> {
    const stream = this.#codec === 'gzip' ? createGzip() : createZstdCompress({ params: ZSTD_PARAMS });
    stream.on('data', (chunk: Buffer) => {
      if (this.#discarded) return;
      this.#output.push(chunk);
      this.#outputBytes += chunk.length;
      this.#count();
    });
    return stream;
  }

  #take(): Buffer {
    const piece = Buffer.concat(this.#lines, this.#lineBytes);
    this.#lines = [];
    this.#lineBytes = 0;
    return piece;
  }

  #count(): void {
    if (this.#discarded) return;
    const stream = this.#stream === undefined ? 0 : STREAM_BYTES[this.#codec] + this.#stream.writableLength;
    this.#share.set(this.#lineBytes + this.#outputBytes + stream);
  }
}

const gzipAll = promisify(gzip);
const zstdAll = promisify(zstdCompress);

/** Also when the stream is destroyed: whoever waits must look whether it still has a reason to go on. */
async function drained(stream: NodeJS.WritableStream): Promise<void> {
  const settled = new AbortController();
  await Promise.race(['drain', 'close'].map((event) => once(stream, event, { signal: settled.signal })));
  settled.abort();
}
