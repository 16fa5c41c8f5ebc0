import { createAPI, ProduceAcks, produceV9, Writer, type API } from '../client.ts';

export interface ProduceRequest {
  readonly topic: string;
  readonly partition: number;
  /** A record batch in its wire format. */
  readonly records: Buffer;
  /** How long the broker may wait for the in-sync replicas. */
  readonly timeoutMs: number;
}

export type ProduceResponse = produceV9.ProduceResponse;

/** Produce request with one encoded batch. The client's own request would encode the batch again on every attempt. */
export const produce: API<[ProduceRequest], ProduceResponse> = createAPI<[ProduceRequest], ProduceResponse>(
  produceV9.api.key,
  produceV9.api.version,
  ({ topic, partition, records, timeoutMs }: ProduceRequest) =>
    Writer.create()
      .appendString(null)
      .appendInt16(ProduceAcks.ALL)
      .appendInt32(timeoutMs)
      .appendArray([topic], (writer, name) => {
        writer.appendString(name).appendArray([partition], (entry, index) => {
          entry.appendInt32(index).appendBytes(records);
        });
      })
      .appendTaggedFields(),
  produceV9.parseResponse,
);
