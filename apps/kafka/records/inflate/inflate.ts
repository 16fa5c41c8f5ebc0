import type { Buffers } from '../buffers.ts';
import { MalformedRecordError } from '../records.ts';
import type { Inflation } from './inflation.ts';
import { Lz4Inflation } from './lz4.ts';
import { SnappyInflation } from './snappy.ts';
import { gzipInflation, zstdInflation } from './streams.ts';

/** Compression codes in the attributes of a batch: https://kafka.apache.org/documentation/#recordbatch */
const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;

/**
 * @param codec the compression code in the batch's attributes
 * @param maxWindowBytes largest size of the window of earlier output
 * @returns `undefined` if the payload is not compressed
 */
export function inflate(
  codec: number,
  payload: Buffer,
  maxWindowBytes: number,
  buffers: Buffers,
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
