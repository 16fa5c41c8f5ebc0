import { BufferPool } from '../../../../../apps/service/memory/buffer-pool.ts';
import { inflate } from '../../../../../apps/kafka/records/inflate/inflate.ts';

export const codecs = { gzip: 1, snappy: 2, lz4: 3, zstd: 4 } as const;

/** All that a payload holds, and the most that was held at once to read it. */
export async function inflated(
  codec: keyof typeof codecs,
  payload: Buffer,
  maxWindowBytes = 8 * 1024 * 1024,
): Promise<{ readonly bytes: Buffer; readonly most: number }> {
  const inflation = inflate(codecs[codec], payload, maxWindowBytes, new BufferPool({ maxBytes: 0 }));
  const pieces: Buffer[] = [];
  let most = 0;
  try {
    for (let piece = await inflation?.next(); piece !== undefined; piece = await inflation?.next()) {
      pieces.push(Buffer.from(piece));
      most = Math.max(most, inflation?.memoryBytes ?? 0);
    }
  } finally {
    inflation?.close();
  }
  return { bytes: Buffer.concat(pieces), most };
}
