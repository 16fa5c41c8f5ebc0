import { setImmediate } from 'node:timers/promises';
import { MalformedRecordError } from '../records.ts';
import type { Buffers } from '../buffers.ts';
import type { Inflation } from './inflation.ts';

/** Start of the stream format of snappy-java, which Java clients write; two version numbers follow. */
const STREAM_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const STREAM_HEADER_BYTES = 16;
const PIECE_BYTES = 256 * 1024;
/** Largest expansion per byte of input: a copy element of three bytes writes 64. */
const MAX_EXPANSION = 22;
const MAX_COPY = 64;
const LITERAL = 0;
/** Below this size a loop copies faster than a call. */
const FEW = 24;

/**
 * Snappy in either of its framings: one block (librdkafka), or a sequence of blocks with their lengths (snappy-java).
 * Formats: https://github.com/google/snappy/blob/main/format_description.txt and snappy-java's SnappyInputStream.
 */
export class SnappyInflation implements Inflation {
  readonly #input: Buffer;
  readonly #maxWindowBytes: number;
  readonly #buffers: Buffers;
  readonly #isStream: boolean;
  #at = 0;
  #block: SnappyBlock | undefined;
  #sinceOthers = 0;

  /** @param maxWindowBytes largest window of earlier output; a copy with a larger distance is an error */
  constructor(payload: Buffer, maxWindowBytes: number, buffers: Buffers) {
    this.#input = payload;
    this.#maxWindowBytes = maxWindowBytes;
    this.#buffers = buffers;
    this.#isStream = payload.subarray(0, STREAM_MAGIC.length).equals(STREAM_MAGIC);
  }

  get memoryBytes(): number {
    return this.#block?.memoryBytes ?? 0;
  }

  async next(): Promise<Buffer | undefined> {
    // Yields to the event loop, since a piece takes a millisecond.
    if (this.#sinceOthers >= PIECE_BYTES) {
      await setImmediate();
      this.#sinceOthers = 0;
    }
    for (;;) {
      this.#block ??= this.#nextBlock();
      if (this.#block === undefined) return undefined;
      const piece = this.#block.next();
      this.#sinceOthers += piece?.length ?? 0;
      if (piece !== undefined) return piece;
      this.#block.close();
      this.#block = undefined;
    }
  }

  close(): void {
    this.#at = this.#input.length;
    this.#block?.close();
    this.#block = undefined;
  }

  #nextBlock(): SnappyBlock | undefined {
    const { length } = this.#input;
    // Streams may be concatenated.
    while (
      this.#isStream &&
      this.#input.subarray(this.#at, this.#at + STREAM_MAGIC.length).equals(STREAM_MAGIC)
    ) {
      this.#take(STREAM_HEADER_BYTES);
    }
    if (this.#at >= length) return undefined;
    const block = this.#take(this.#isStream ? this.#take(4).readUInt32BE() : length);
    return new SnappyBlock(block, this.#maxWindowBytes, this.#buffers);
  }

  #take(bytes: number): Buffer {
    const end = this.#at + bytes;
    if (end > this.#input.length) throw new MalformedRecordError('the last Snappy block is not whole');
    const taken = this.#input.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }
}

/** One block: its decompressed length, then literals and copies. */
class SnappyBlock {
  readonly #input: Buffer;
  readonly #buffers: Buffers;
  readonly #output: Buffer;
  #at: number;
  #filled = 0;
  /** Bytes still to come, by the length in the header of the block. */
  #left: number;
  /** Rest of a literal that did not fit into the last piece. */
  #literal = 0;

  constructor(input: Buffer, maxWindowBytes: number, buffers: Buffers) {
    this.#input = input;
    this.#buffers = buffers;
    const { length, at } = readLength(input);
    this.#left = length;
    this.#at = at;
    const whole = Math.min(this.#left, input.length * MAX_EXPANSION) + MAX_COPY;
    this.#output = buffers.take(Math.min(whole, maxWindowBytes));
  }

  get memoryBytes(): number {
    return this.#output.length;
  }

  close(): void {
    this.#buffers.give(this.#output);
  }

  next(): Buffer | undefined {
    const output = this.#output;
    const last = output.length - MAX_COPY;
    if (this.#filled >= last) {
      const kept = last >>> 1;
      output.copyWithin(0, this.#filled - kept, this.#filled);
      this.#filled = kept;
    }
    const start = this.#filled;
    this.#decode(Math.min(start + PIECE_BYTES, last));
    this.#left -= this.#filled - start;
    if (this.#left < 0 || (this.#left === 0 && this.#at < this.#input.length)) {
      throw new MalformedRecordError('Snappy block that holds more than it says');
    }
    if (this.#filled > start) return output.subarray(start, this.#filled);
    if (this.#left > 0) throw new MalformedRecordError(`Snappy block that ends ${this.#left} bytes early`);
    return undefined;
  }

  /** @param end position in the output after which no element starts */
  #decode(end: number): void {
    const input: Uint8Array = this.#input;
    const output: Uint8Array = this.#output;
    const { length } = input;
    let at = this.#at;
    let out = this.#filled;
    let literal = this.#literal;
    while (out < end && (literal > 0 || at < length)) {
      const tag = literal > 0 ? LITERAL : (input[at++] as number);
      const kind = tag & 0x03;
      if (kind === LITERAL) {
        if (literal === 0) {
          literal = tag >>> 2;
          if (literal >= 60) {
            const bytes = literal - 59;
            literal = 0;
            for (let byte = 0; byte < bytes; byte++) literal += (input[at++] ?? 0) * 2 ** (8 * byte);
          }
          literal += 1;
        }
        const copying = Math.min(literal, output.length - out);
        if (at + copying > length) throw new MalformedRecordError('Snappy literal that is not whole');
        if (copying > FEW) {
          output.set(input.subarray(at, at + copying), out);
          at += copying;
          out += copying;
        } else {
          for (const until = at + copying; at < until;) output[out++] = input[at++] as number;
        }
        literal -= copying;
      } else {
        const distanceAt = at;
        let distance = input[at++] ?? 0;
        let copying = (tag >>> 2) + 1;
        if (kind === 1) {
          distance |= (tag >>> 5) << 8;
          copying = ((tag >>> 2) & 0x07) + 4;
        } else {
          distance |= (input[at++] ?? 0) << 8;
          if (kind === 3) {
            distance |= (input[at++] ?? 0) << 16;
            distance += (input[at++] ?? 0) * 0x1000000;
          }
        }
        let source = out - distance;
        if (source < 0 || distance === 0) {
          throw new MalformedRecordError(`Snappy copy from ${distance} bytes before, ${out} are kept`);
        }
        // A long match is encoded as several copies with one distance.
        while (
          kind === 2 &&
          ((input[at] ?? 0) & 0x03) === 2 &&
          input[at + 1] === input[distanceAt] &&
          input[at + 2] === input[distanceAt + 1] &&
          out + copying + MAX_COPY <= output.length
        ) {
          copying += ((input[at] as number) >>> 2) + 1;
          at += 3;
        }
        if (copying <= FEW) {
          for (const until = out + copying; out < until;) output[out++] = output[source++] as number;
        } else {
          // Doubles the copied range each time.
          for (const until = out + copying; out < until;) {
            const whole = Math.min(out - source, until - out);
            output.copyWithin(out, source, source + whole);
            out += whole;
          }
        }
      }
    }
    this.#at = at;
    this.#filled = out;
    this.#literal = literal;
  }
}

/** Decompressed length of a block, and where its elements start. */
function readLength(block: Buffer): { readonly length: number; readonly at: number } {
  let length = 0;
  for (let at = 0, scale = 1; at < 5; scale *= 0x80) {
    const byte = block[at++] ?? 0xff;
    length += (byte & 0x7f) * scale;
    if (byte < 0x80) return { length, at };
  }
  throw new MalformedRecordError('Snappy block without its length');
}
