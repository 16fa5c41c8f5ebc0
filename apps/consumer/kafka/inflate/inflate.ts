import type { BufferPool } from '../../buffer-pool.ts';
import { MalformedRecordError } from '../records.ts';
import { Lz4Inflation } from './lz4.ts';
import { SnappyInflation } from './snappy.ts';
import { gzipInflation, zstdInflation } from './streams.ts';

/** The bytes of a batch as they are decompressed, piece by piece: a small batch may hold more than there is memory for. */
export interface Inflation {
  /** What it holds now, its last piece included. */
  readonly memoryBytes: number;
  /**
   * @returns the next piece, in memory that the next call may use again; `undefined` after the last
   * @throws where the bytes are not what their format says, or would need more memory than is allowed
   */
  next(): Promise<Buffer | undefined>;
  /** Ends it early. */
  close(): void;
}

/** The codes of a batch's attributes: https://kafka.apache.org/documentation/#recordbatch */
const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;

/**
 * @param codec as a batch's attributes say it
 * @param maxWindowBytes what may be kept of the output to refer back to
 * @returns `undefined` where the payload is not compressed
 */
export function inflate(
  codec: number,
  payload: Buffer,
  maxWindowBytes: number,
  buffers: BufferPool,
): Inflation | undefined {
  switch (CODECS[codec]) {
    case 'none':
      return undefined;
    case 'gzip':
      return gzipInflation(payload);
    case 'snappy':
      return new SnappyInflation(payload, maxWindowBytes, buffers);
    case 'lz4':
      return new Lz4Inflation(payload, buffers);
    case 'zstd':
      return zstdInflation(payload, maxWindowBytes);
    default:
      throw new MalformedRecordError(`unknown compression ${codec}`);
  }
}
