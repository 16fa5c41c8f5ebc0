import { Reader, readRecordsBatch, type Writer } from '@platformatic/kafka';
import { APIS, codeOf, type ApiName, type Reaction } from './apis.ts';
import { groupAnswers } from './group-responses.ts';
import type { BrokerState } from './state.ts';

/** Reads a request behind its head and writes the response without its last tags; or says that there is none. */
export type Respond = (broker: BrokerState, request: Reader, response: Writer) => Reaction | undefined;

const apiVersions: Respond = ({ cluster }, _request, response) => {
  const spoken = Object.entries(APIS).map(
    ([name, { key, versions }]): [number, readonly [number, number]] => [
      key,
      cluster.versions[name as ApiName] ?? versions,
    ],
  );
  response
    .appendInt16(0)
    .appendArray(spoken, (w, [key, [min, max]]) => w.appendInt16(key).appendInt16(min).appendInt16(max))
    .appendInt32(0);
  return undefined;
};

const metadata: Respond = (broker, request, response) => {
  const { brokers, leaders, epoch, topic, topicId } = broker.cluster;
  const [asked = topic] = request.readArray((entry) => {
    entry.readUUID();
    return entry.readString();
  });
  const error = asked === topic ? 0 : codeOf('UNKNOWN_TOPIC_OR_PARTITION');
  const partitions = error === 0 ? [...leaders.entries()] : [];
  response
    .appendInt32(0)
    .appendArray([...brokers.entries()], (w, [id, { port }]) =>
      w.appendInt32(id).appendString('127.0.0.1').appendInt32(port).appendString(null),
    )
    .appendString('cluster')
    .appendInt32(0)
    .appendArray([asked], (w, name) => {
      w.appendInt16(error)
        .appendString(name)
        .appendUUID(broker.topicId ?? topicId)
        .appendBoolean(false);
      w.appendArray(partitions, (p, [partition, leader]) =>
        p
          .appendInt16(leader < 0 ? 5 : 0)
          .appendInt32(partition)
          .appendInt32(leader)
          .appendInt32(epoch)
          .appendArray([leader], (r, id) => r.appendInt32(id), true, false)
          .appendArray([leader], (r, id) => r.appendInt32(id), true, false)
          .appendArray([], () => undefined, true, false),
      );
      w.appendInt32(0);
    });
  return undefined;
};

const initProducerId: Respond = ({ cluster }, _request, response) => {
  response.appendInt32(0).appendInt16(0).appendInt64(cluster.producerIds++).appendInt16(0);
  return undefined;
};

const produce: Respond = (broker, request, response) => {
  const { cluster } = broker;
  request.readNullableString();
  request.readInt16();
  request.readInt32();
  const [partitions = []] = request.readArray((topic) => {
    topic.readString();
    return topic.readArray((entry) => ({ partition: entry.readInt32(), bytes: entry.readBytes() }));
  });
  const [{ partition, bytes } = { partition: -1, bytes: Buffer.alloc(0) }] = partitions;
  const sent = { partition, broker, bytes, batch: readRecordsBatch(Reader.from(bytes)) };
  cluster.sent.push(sent);
  const answer = cluster.produce(sent);
  if (typeof answer === 'string') return answer;
  const { error = 0, throttleMs = 0 } = answer;
  const offset = answer.offset ?? (error === 0 ? cluster.offsets(sent.batch.records.length) : -1n);
  response
    .appendArray([cluster.topic], (w, name) =>
      w.appendString(name).appendArray([partition], (p, index) =>
        p
          .appendInt32(index)
          .appendInt16(error)
          .appendInt64(offset)
          .appendInt64(-1n)
          .appendInt64(0n)
          .appendArray([], () => undefined)
          .appendString(null),
      ),
    )
    .appendInt32(throttleMs);
  return undefined;
};

const fetch: Respond = ({ cluster }, _request, response) => {
  const answer = cluster.fetches.shift() ?? {};
  if (typeof answer === 'string') return answer;
  const { error = 0, throttleMs = 0, log } = answer;
  response
    .appendInt32(throttleMs)
    .appendInt16(error)
    .appendInt32(0)
    .appendArray(log === undefined ? [] : [log], (w, bytes) =>
      w.appendUUID(cluster.topicId).appendArray([bytes], (p, records) =>
        p
          .appendInt32(0)
          .appendInt16(0)
          .appendInt64(BigInt(cluster.logEnds[0] ?? 0))
          .appendInt64(BigInt(cluster.logEnds[0] ?? 0))
          .appendInt64(0n)
          .appendArray([], () => undefined)
          .appendInt32(-1)
          .appendBytes(records),
      ),
    );
  return undefined;
};

const listOffsets: Respond = ({ cluster }, request, response) => {
  request.readInt32();
  request.readInt8();
  const [asked = []] = request.readArray((topic) => {
    topic.readString();
    return topic.readArray((entry) => {
      const partition = entry.readInt32();
      entry.readInt32();
      return { partition, isLatest: entry.readInt64() === -1n };
    });
  });
  response.appendInt32(0).appendArray([asked], (w, partitions) =>
    w.appendString(cluster.topic).appendArray(partitions, (p, { partition, isLatest }) =>
      p
        .appendInt32(partition)
        .appendInt16(0)
        .appendInt64(-1n)
        .appendInt64(isLatest ? BigInt(cluster.logEnds[partition] ?? 0) : 0n)
        .appendInt32(cluster.epoch),
    ),
  );
  return undefined;
};

export const answers: Readonly<Record<ApiName, Respond>> = {
  ...groupAnswers,
  apiVersions,
  fetch,
  initProducerId,
  listOffsets,
  metadata,
  produce,
};
