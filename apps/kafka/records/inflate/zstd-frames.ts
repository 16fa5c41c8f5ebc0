import { MalformedRecordError } from '../records.ts';

/** One Zstandard frame. */
export interface ZstdFrame {
  readonly bytes: Buffer;
  /** Window that its decoder keeps. */
  readonly windowBytes: number;
}

const MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;
const MIN_WINDOW_LOG = 10;

/**
 * Finds the Zstandard frames in `data` from the headers of frames and blocks; omits skippable frames. Format: RFC 8878,
 * section 3.1.
 *
 * @throws {MalformedRecordError} if a frame is cut short or malformed
 */
export function readZstdFrames(data: Buffer): ZstdFrame[] {
  const frames: ZstdFrame[] = [];
  for (let at = 0; at < data.length;) {
    const magic = read(data, at, 4);
    if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE_MAGIC) {
      at += 8 + read(data, at + 4, 4);
      continue;
    }
    if (magic !== MAGIC) throw new MalformedRecordError(`no zstd frame begins with ${magic.toString(16)}`);
    const { headerBytes, windowBytes, hasChecksum } = readHeader(data, at);
    const end = endOfBlocks(data, at + headerBytes) + (hasChecksum ? 4 : 0);
    frames.push({ bytes: data.subarray(at, end), windowBytes });
    at = end;
  }
  return frames;
}

interface Header {
  readonly headerBytes: number;
  readonly windowBytes: number;
  readonly hasChecksum: boolean;
}

function readHeader(data: Buffer, at: number): Header {
  const descriptor = read(data, at + 4, 1);
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const hasChecksum = (descriptor & 0x04) !== 0;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 0x03] ?? 0;
  const sizeBytes = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >>> 6] ?? 0;
  const sizeAt = at + 5 + (isSingleSegment ? 0 : 1) + dictionaryBytes;
  return {
    headerBytes: sizeAt + sizeBytes - at,
    windowBytes: isSingleSegment
      ? read(data, sizeAt, sizeBytes) + (sizeBytes === 2 ? 256 : 0)
      : windowOf(data, at + 5),
    hasChecksum,
  };
}

function windowOf(data: Buffer, at: number): number {
  const descriptor = read(data, at, 1);
  const base = 2 ** (MIN_WINDOW_LOG + (descriptor >>> 3));
  return base + (base / 8) * (descriptor & 0x07);
}

function endOfBlocks(data: Buffer, from: number): number {
  for (let at = from; ;) {
    const header = read(data, at, 3);
    const size = header >>> 3;
    const isRunLength = ((header >>> 1) & 0x03) === 1;
    at += 3 + (isRunLength ? 1 : size);
    if (at > data.length) throw new MalformedRecordError('the last zstd block is not whole');
    if ((header & 0x01) === 1) return at;
  }
}

/** A little-endian number. Inexact above 2^53, where it exceeds every limit anyway. */
function read(data: Buffer, at: number, bytes: number): number {
  if (at + bytes > data.length) throw new MalformedRecordError('the last zstd frame is not whole');
  return bytes === 8 ? Number(data.readBigUInt64LE(at)) : data.readUIntLE(at, bytes);
}
