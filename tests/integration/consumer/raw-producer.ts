import { Connection, crc32c, createAPI, createRecordsBatch, produceV9, Writer } from '@platformatic/kafka';

/** As attributes say them. */
const CODECS = { gzip: 1, snappy: 2, lz4: 3, zstd: 4 } as const;

/** One batch of values, compressed by the caller: as other clients do it, and this one does not. */
export function compressedBatch(
  values: readonly Buffer[],
  codec: keyof typeof CODECS,
  compress: (records: Buffer) => Buffer,
): Buffer {
  const { buffer } = createRecordsBatch(
    values.map((value) => ({ topic: 't', value })),
    { compression: 'none' },
  );
  const batch = Buffer.concat([buffer.subarray(0, 61), compress(Buffer.from(buffer.subarray(61)))]);
  batch.writeInt32BE(batch.length - 12, 8);
  batch.writeInt16BE(CODECS[codec], 21);
  batch.writeUInt32BE(crc32c(batch.subarray(21)), 17);
  return batch;
}

const api = createAPI(
  0,
  9,
  (topic: string, partition: number, batch: Buffer) =>
    Writer.create()
      .appendString(null)
      .appendInt16(-1)
      .appendInt32(10_000)
      .appendArray([topic], (topics, name) => {
        topics.appendString(name).appendArray([partition], (partitions, index) => {
          partitions
            .appendInt32(index)
            .appendUnsignedVarInt(batch.length + 1)
            .append(batch);
        });
      })
      .appendTaggedFields(),
  produceV9.parseResponse,
);

/** Sends a batch as it is; rejects where the broker does. @param server `host:port` of the leader */
export async function produceRaw(
  server: string,
  topic: string,
  partition: number,
  batch: Buffer,
): Promise<void> {
  const [host = '', port] = server.split(':');
  const connection = new Connection('raw', {});
  try {
    await connection.connect(host, Number(port));
    await api.async(connection, topic, partition, batch);
  } finally {
    await connection.close();
  }
}
