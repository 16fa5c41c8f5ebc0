import { createGunzip, createZstdDecompress } from 'node:zlib';
import { MalformedRecordError } from '../records.ts';
import type { Inflation } from './inflation.ts';
import { readZstdFrames } from './zstd-frames.ts';

type Stream = ReturnType<typeof createGunzip | typeof createZstdDecompress>;

const PIECE_BYTES = 64 * 1024;
/** Memory of a stream without its window: state, and pieces that it has decompressed in advance. */
const STREAM_BYTES = 3 * PIECE_BYTES;
const GZIP_WINDOW_BYTES = 32 * 1024;

/** One or more gzip members (RFC 1952), decompressed in the thread pool. */
export function gzipInflation(payload: Buffer): Inflation {
  return new StreamInflation(() => createGunzip({ chunkSize: PIECE_BYTES }), [payload], GZIP_WINDOW_BYTES);
}

/**
 * One or more Zstandard frames (RFC 8878), decompressed in the thread pool. Node's stream ends after the first frame.
 *
 * @throws {MalformedRecordError} if a frame needs more memory than `maxWindowBytes`
 */
export function zstdInflation(payload: Buffer, maxWindowBytes: number): Inflation {
  const frames = readZstdFrames(payload);
  const windowBytes = Math.max(0, ...frames.map((frame) => frame.windowBytes));
  if (windowBytes > maxWindowBytes) {
    throw new MalformedRecordError(
      `zstd needs a window of ${windowBytes} bytes to decompress it, ${maxWindowBytes} are allowed`,
    );
  }
  const open = (): Stream => createZstdDecompress({ chunkSize: PIECE_BYTES });
  return new StreamInflation(
    open,
    frames.map(({ bytes }) => bytes),
    windowBytes,
  );
}

class StreamInflation implements Inflation {
  readonly memoryBytes: number;
  readonly #open: () => Stream;
  readonly #inputs: Buffer[];
  #stream: Stream | undefined;
  #pieces: AsyncIterator<Buffer> | undefined;

  /** @param inputs each decompressed by its own stream, one after another */
  constructor(open: () => Stream, inputs: readonly Buffer[], windowBytes: number) {
    this.#open = open;
    this.#inputs = [...inputs];
    this.memoryBytes = STREAM_BYTES + windowBytes;
  }

  async next(): Promise<Buffer | undefined> {
    for (;;) {
      if (this.#pieces === undefined) {
        const input = this.#inputs.shift();
        if (input === undefined) return undefined;
        this.#stream = this.#open();
        this.#pieces = this.#stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
        this.#stream.end(input);
      }
      const piece = await this.#pieces.next();
      if (piece.done !== true) return piece.value;
      this.#pieces = undefined;
    }
  }

  close(): void {
    this.#inputs.length = 0;
    this.#stream?.destroy();
  }
}
