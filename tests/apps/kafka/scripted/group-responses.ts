import type { Reader, Writer } from '@platformatic/kafka';
import { codeOf, type ApiName, type Reaction } from './apis.ts';
import {
  encodeAssignment,
  encodeSubscription,
  readAssignment,
  readOwned,
  type GroupRequest,
} from './group.ts';
import type { BrokerState } from './state.ts';

type GroupApi = Extract<
  ApiName,
  'findCoordinator' | 'heartbeat' | 'joinGroup' | 'leaveGroup' | 'offsetCommit' | 'offsetFetch' | 'syncGroup'
>;

const NOT_COORDINATOR = 'NOT_COORDINATOR';
const LEADER = 'the-leader';

/** What a request comes to: as the test has it, else what a coordinator says to whoever it does not know. */
function outcome(
  { cluster: { group }, nodeId }: BrokerState,
  request: GroupRequest,
  memberId: string,
  generation?: number,
): { readonly reaction: Reaction } | { readonly error: number } {
  const scripted = group.script[request].shift();
  if (scripted === 'silent' || scripted === 'hang up') return { reaction: scripted };
  if (scripted !== undefined) return { error: codeOf(scripted) };
  if (nodeId !== group.coordinator) return { error: codeOf(NOT_COORDINATOR) };
  if (memberId !== group.memberId) return { error: codeOf('UNKNOWN_MEMBER_ID') };
  const isPast = generation !== undefined && generation !== group.generation;
  return { error: isPast ? codeOf('ILLEGAL_GENERATION') : 0 };
}

function joinGroup(broker: BrokerState, request: Reader, response: Writer): Reaction | undefined {
  const { group, topic } = broker.cluster;
  request.readString();
  request.readInt32();
  request.readInt32();
  const asked = request.readString();
  request.readNullableString();
  request.readString();
  const [{ name, metadata } = { name: '', metadata: Buffer.alloc(0) }] = request.readArray((entry) => ({
    name: entry.readString(),
    metadata: entry.readBytes(),
  }));
  const owned = readOwned(topic, metadata);
  group.seen.push({ request: 'join', nodeId: broker.nodeId, memberId: asked, generation: -1, owned });
  const found = outcome(broker, 'join', asked);
  if ('reaction' in found) return found.reaction;
  const isNew = asked === '' && found.error === codeOf('UNKNOWN_MEMBER_ID');
  const error = isNew ? codeOf('MEMBER_ID_REQUIRED') : found.error;
  const memberId = isNew ? group.newMemberId() : asked;
  if (error === 0) group.generation++;
  const leads = error === 0 && group.given === undefined;
  const members = [
    { memberId, metadata },
    ...group.others.map((other) => ({
      memberId: other.memberId,
      metadata: encodeSubscription(topic, other),
    })),
  ];
  response
    .appendInt32(0)
    .appendInt16(error)
    .appendInt32(error === 0 ? group.generation : -1)
    .appendString('consumer')
    .appendString(name)
    .appendString(leads ? memberId : LEADER)
    .appendBoolean(false)
    .appendString(memberId)
    .appendArray(leads ? members : [], (w, member) =>
      w.appendString(member.memberId).appendString(null).appendBytes(member.metadata),
    );
  return undefined;
}

function syncGroup(broker: BrokerState, request: Reader, response: Writer): Reaction | undefined {
  const { group, topic } = broker.cluster;
  request.readString();
  const generation = request.readInt32();
  const memberId = request.readString();
  request.readNullableString();
  request.readNullableString();
  request.readNullableString();
  const assigned = request.readArray((entry) => [entry.readString(), entry.readBytes()] as const);
  group.seen.push({ request: 'sync', nodeId: broker.nodeId, memberId, generation });
  const found = outcome(broker, 'sync', memberId, generation);
  if ('reaction' in found) return found.reaction;
  if (found.error === 0) {
    group.assigned = new Map(assigned.map(([member, bytes]) => [member, readAssignment(topic, bytes)]));
  }
  const own = found.error === 0 ? (group.given ?? group.assigned.get(memberId) ?? []) : [];
  response
    .appendInt32(0)
    .appendInt16(found.error)
    .appendString('consumer')
    .appendString(null)
    .appendBytes(encodeAssignment(topic, own));
  return undefined;
}

function heartbeat(broker: BrokerState, request: Reader, response: Writer): Reaction | undefined {
  const { group } = broker.cluster;
  request.readString();
  const generation = request.readInt32();
  const memberId = request.readString();
  group.seen.push({ request: 'heartbeat', nodeId: broker.nodeId, memberId, generation });
  const found = outcome(broker, 'heartbeat', memberId, generation);
  if ('reaction' in found) return found.reaction;
  response.appendInt32(0).appendInt16(found.error);
  return undefined;
}

function leaveGroup(broker: BrokerState, request: Reader, response: Writer): Reaction | undefined {
  const { group } = broker.cluster;
  request.readString();
  const [memberId = ''] = request.readArray((entry) => {
    const id = entry.readString();
    entry.readNullableString();
    entry.readNullableString();
    return id;
  });
  group.seen.push({ request: 'leave', nodeId: broker.nodeId, memberId, generation: -1 });
  const found = outcome(broker, 'leave', memberId);
  if ('reaction' in found) return found.reaction;
  response
    .appendInt32(0)
    .appendInt16(found.error)
    .appendArray([memberId], (w, id) => w.appendString(id).appendString(null).appendInt16(found.error));
  return undefined;
}

function findCoordinator({ cluster }: BrokerState, request: Reader, response: Writer): undefined {
  const { brokers, group } = cluster;
  request.readInt8();
  const keys = request.readArray((entry) => entry.readString(), true, false);
  response.appendInt32(0).appendArray(keys, (w, key) =>
    w
      .appendString(key)
      .appendInt32(group.coordinator)
      .appendString('127.0.0.1')
      .appendInt32(brokers[group.coordinator]?.port ?? 0)
      .appendInt16(0)
      .appendString(null),
  );
}

function offsetCommit(broker: BrokerState, request: Reader, response: Writer): Reaction | undefined {
  const { group, topic } = broker.cluster;
  request.readString();
  const generation = request.readInt32();
  const memberId = request.readString();
  request.readNullableString();
  const [entries = []] = request.readArray((entry) => {
    entry.readString();
    return entry.readArray((partition) => {
      const index = partition.readInt32();
      const offset = Number(partition.readInt64());
      partition.readInt32();
      partition.readNullableString();
      return [index, offset] as const;
    });
  });
  group.seen.push({
    request: 'commit',
    nodeId: broker.nodeId,
    memberId,
    generation,
    offsets: new Map(entries),
  });
  const found = outcome(broker, 'commit', memberId, generation);
  if ('reaction' in found) return found.reaction;
  if (found.error === 0) for (const [partition, offset] of entries) group.committed.set(partition, offset);
  response
    .appendInt32(0)
    .appendArray([entries], (w, partitions) =>
      w
        .appendString(topic)
        .appendArray([...partitions], (p, [index]) => p.appendInt32(index).appendInt16(found.error)),
    );
  return undefined;
}

function offsetFetch({ cluster, nodeId }: BrokerState, request: Reader, response: Writer): undefined {
  const { group, topic } = cluster;
  const [{ groupId, partitions } = { groupId: '', partitions: [] }] = request.readArray((entry) => {
    const id = entry.readString();
    const topics = entry.readArray((asked) => {
      asked.readString();
      return asked.readArray((index) => index.readInt32(), true, false);
    });
    return { groupId: id, partitions: topics.flat() };
  });
  const error = nodeId === group.coordinator ? 0 : codeOf(NOT_COORDINATOR);
  response.appendInt32(0).appendArray([groupId], (w, id) =>
    w
      .appendString(id)
      .appendArray([topic], (t, name) =>
        t.appendString(name).appendArray(partitions, (p, partition) =>
          p
            .appendInt32(partition)
            .appendInt64(BigInt(group.committed.get(partition) ?? -1))
            .appendInt32(-1)
            .appendString(null)
            .appendInt16(0),
        ),
      )
      .appendInt16(error),
  );
}

export const groupAnswers = {
  findCoordinator,
  heartbeat,
  joinGroup,
  leaveGroup,
  offsetCommit,
  offsetFetch,
  syncGroup,
} satisfies Readonly<Record<GroupApi, unknown>>;
