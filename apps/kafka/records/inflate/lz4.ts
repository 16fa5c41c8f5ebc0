import { setImmediate } from 'node:timers/promises';
import type { Buffers } from '../buffers.ts';
import { MalformedRecordError } from '../records.ts';
import type { Inflation } from './inflation.ts';

const MAGIC = 0x184d2204;
const SKIPPABLE_MAGIC = 0x184d2a50;
const VERSION = 0x40;
const INDEPENDENT = 0x20;
const BLOCK_CHECKSUM = 0x10;
const CONTENT_SIZE = 0x08;
const CONTENT_CHECKSUM = 0x04;
const DICTIONARY = 0x01;
const UNCOMPRESSED = 0x80000000;
/** Largest distance of a match, which may reach into earlier blocks. */
const HISTORY_BYTES = 64 * 1024;
const MIN_MATCH = 4;
/** Below this size a loop copies faster than a call. */
const FEW = 24;
const PIECE_BYTES = 256 * 1024;

interface Frame {
  readonly maxBlockBytes: number;
  readonly hasBlockChecksums: boolean;
  readonly hasContentChecksum: boolean;
}

/**
 * One or more LZ4 frames, decoded block by block; a block has at most 4 MiB. Skips the checksums of the frames, since
 * the batch has its own. Format: https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md
 */
export class Lz4Inflation implements Inflation {
  readonly #input: Buffer;
  readonly #buffers: Buffers;
  #at = 0;
  #frame: Frame | undefined;
  #output: Buffer | undefined;
  /** Bytes of output in memory, history included, and how many of them were returned. */
  #filled = 0;
  #taken = 0;
  #sinceOthers = 0;

  constructor(payload: Buffer, buffers: Buffers) {
    this.#input = payload;
    this.#buffers = buffers;
  }

  get memoryBytes(): number {
    return this.#output?.length ?? 0;
  }

  async next(): Promise<Buffer | undefined> {
    // Yields to the event loop, since a block takes milliseconds.
    if (this.#sinceOthers >= PIECE_BYTES) {
      await setImmediate();
      this.#sinceOthers = 0;
    }
    while (this.#taken === this.#filled) {
      this.#frame ??= this.#nextFrame();
      if (this.#frame === undefined) return undefined;
      const { hasBlockChecksums, hasContentChecksum } = this.#frame;
      const size = this.#read(4);
      if (size === 0) {
        if (hasContentChecksum) this.#take(4);
        this.#frame = undefined;
        continue;
      }
      const block = this.#take(size & ~UNCOMPRESSED);
      if (hasBlockChecksums) this.#take(4);
      this.#decode(block, size >= UNCOMPRESSED, this.#frame, this.#output ?? Buffer.alloc(0));
    }
    const piece = this.#output?.subarray(this.#taken, Math.min(this.#filled, this.#taken + PIECE_BYTES));
    this.#taken += piece?.length ?? 0;
    this.#sinceOthers += piece?.length ?? 0;
    return piece;
  }

  close(): void {
    this.#at = this.#input.length;
    this.#frame = undefined;
    this.#giveOutput();
  }

  #giveOutput(): void {
    if (this.#output !== undefined) this.#buffers.give(this.#output);
    this.#output = undefined;
    this.#filled = 0;
    this.#taken = 0;
  }

  #nextFrame(): Frame | undefined {
    while (this.#at < this.#input.length) {
      const magic = this.#read(4);
      if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE_MAGIC) {
        this.#take(this.#read(4));
        continue;
      }
      if (magic !== MAGIC) throw new MalformedRecordError(`no LZ4 frame begins with ${magic.toString(16)}`);
      return this.#readHeader();
    }
    return undefined;
  }

  #readHeader(): Frame {
    const flags = this.#read(1);
    const sizeCode = (this.#read(1) >>> 4) & 0x07;
    if ((flags & 0xc0) !== VERSION) throw new MalformedRecordError('LZ4 frame of an unknown version');
    if ((flags & DICTIONARY) !== 0) throw new MalformedRecordError('LZ4 frame that needs a dictionary');
    if (sizeCode < 4) throw new MalformedRecordError(`LZ4 frame with blocks of the unknown size ${sizeCode}`);
    this.#take((flags & CONTENT_SIZE) === 0 ? 1 : 9);
    const maxBlockBytes = 4 ** (sizeCode - 4) * 64 * 1024;
    this.#giveOutput();
    this.#output = this.#buffers.take(((flags & INDEPENDENT) === 0 ? HISTORY_BYTES : 0) + maxBlockBytes);
    return {
      maxBlockBytes,
      hasBlockChecksums: (flags & BLOCK_CHECKSUM) !== 0,
      hasContentChecksum: (flags & CONTENT_CHECKSUM) !== 0,
    };
  }

  #decode(block: Buffer, isStored: boolean, { maxBlockBytes }: Frame, output: Buffer): void {
    const kept = Math.min(this.#filled, HISTORY_BYTES, output.length - maxBlockBytes);
    output.copyWithin(0, this.#filled - kept, this.#filled);
    if (!isStored) this.#filled = decodeBlock(block, output, kept, kept + maxBlockBytes);
    else if (block.length > maxBlockBytes) throw tooLong(maxBlockBytes);
    else this.#filled = kept + block.copy(output, kept);
    this.#taken = kept;
  }

  #read(bytes: number): number {
    return this.#take(bytes).readUIntLE(0, bytes);
  }

  #take(bytes: number): Buffer {
    const end = this.#at + bytes;
    if (end > this.#input.length) throw new MalformedRecordError('the last LZ4 frame is not whole');
    const taken = this.#input.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }
}

/**
 * Copies byte by byte, since most literals and matches are short; WebAssembly is not faster here.
 *
 * @param output holds the history of matches before `from`
 * @param limit end of the memory that may be written
 * @returns where the output ends
 */
function decodeBlock(input: Uint8Array, output: Uint8Array, from: number, limit: number): number {
  const { length } = input;
  let at = 0;
  let out = from;
  while (at < length) {
    const token = input[at++] as number;
    let literals = token >>> 4;
    for (let byte = literals === 15 ? 255 : 0; byte === 255; literals += byte) byte = input[at++] ?? 0;
    if (at + literals > length) throw new MalformedRecordError('LZ4 block that ends early');
    if (out + literals > limit) throw tooLong(limit - from);
    if (literals > FEW) {
      output.set(input.subarray(at, at + literals), out);
      at += literals;
      out += literals;
    } else {
      for (const end = at + literals; at < end;) output[out++] = input[at++] as number;
    }
    // The last sequence has no match.
    if (at === length) return out;
    if (at + 2 > length) throw new MalformedRecordError('LZ4 block that ends early');
    let source = out - ((input[at] as number) | ((input[at + 1] as number) << 8));
    at += 2;
    let match = token & 0x0f;
    for (let byte = match === 15 ? 255 : 0; byte === 255; match += byte) byte = input[at++] ?? 0;
    match += MIN_MATCH;
    if (source < 0 || source === out) throw new MalformedRecordError('LZ4 match before the beginning');
    if (out + match > limit) throw tooLong(limit - from);
    if (match > FEW && source + match <= out) {
      output.copyWithin(out, source, source + match);
      out += match;
    } else {
      for (const end = out + match; out < end;) output[out++] = output[source++] as number;
    }
  }
  return out;
}

function tooLong(bytes: number): MalformedRecordError {
  return new MalformedRecordError(`LZ4 block of more than the ${bytes} bytes that its frame says`);
}
