import {
  createAPI,
  initProducerIdV3,
  initProducerIdV4,
  initProducerIdV5,
  metadataV10,
  metadataV11,
  metadataV12,
  produceV10,
  produceV11,
  produceV9,
  ProduceAcks,
  Writer,
  type API,
} from '../client.ts';
import { TESTED_KAFKA } from '../config.ts';

export interface ProduceRequest {
  readonly topic: string;
  readonly partition: number;
  /** A record batch as it stands on the wire. */
  readonly records: Buffer;
  /** How long the broker may wait for the in-sync replicas. */
  readonly timeoutMs: number;
}

type ProduceApi = API<[ProduceRequest], produceV11.ProduceResponse>;

/** Produce for one batch that is encoded already: the client's own encodes anew at every attempt. */
function produceApi(version: number, parseResponse: typeof produceV11.parseResponse): ProduceApi {
  return createAPI<[ProduceRequest], produceV11.ProduceResponse>(
    0,
    version,
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
    parseResponse,
  );
}

/** Every API used, newest version first. */
const known = {
  produce: [
    produceApi(11, produceV11.parseResponse),
    produceApi(10, produceV10.parseResponse),
    produceApi(9, produceV9.parseResponse),
  ],
  metadata: [metadataV12.api, metadataV11.api, metadataV10.api],
  initProducerId: [initProducerIdV5.api, initProducerIdV4.api, initProducerIdV3.api],
} as const;

export type Apis = { readonly [Name in keyof typeof known]: (typeof known)[Name][number] };

export interface SpokenVersions {
  readonly apiKey: number;
  readonly minVersion: number;
  readonly maxVersion: number;
}

/**
 * Takes for every API the newest version that both sides know.
 *
 * @throws {Error} where there is none, naming the API and both ranges
 */
export function negotiate(spoken: readonly SpokenVersions[]): Apis {
  return {
    produce: newest('Produce', known.produce, spoken),
    metadata: newest('Metadata', known.metadata, spoken),
    initProducerId: newest('InitProducerId', known.initProducerId, spoken),
  };
}

function newest<Known extends { readonly key: number; readonly version: number }>(
  name: string,
  versions: readonly Known[],
  spoken: readonly SpokenVersions[],
): Known {
  const range = spoken.find(({ apiKey }) => apiKey === versions[0]?.key);
  const match = versions.find(
    ({ version }) => range !== undefined && version >= range.minVersion && version <= range.maxVersion,
  );
  if (match === undefined) {
    const ours = versions.map(({ version }) => version);
    const theirs = range === undefined ? 'none' : `${range.minVersion} to ${range.maxVersion}`;
    throw new Error(
      `the broker must speak ${name} ${Math.min(...ours)} to ${Math.max(...ours)}, as ${TESTED_KAFKA} do, it speaks ${theirs}`,
    );
  }
  return match;
}
