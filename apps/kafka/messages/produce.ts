import { createAPI, ProduceAcks, produceV9, Writer, type API } from '../client.ts';

export interface ProduceRequest {
  readonly topic: string;
  readonly partition: number;
  /** A record batch as it stands on the wire. */
  readonly records: Buffer;
  /** How long the broker may wait for the in-sync replicas. */
  readonly timeoutMs: number;
}

export type ProduceResponse = produceV9.ProduceResponse;

/** Produce for one batch that is encoded already: the client's own encodes anew at every attempt. */
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
