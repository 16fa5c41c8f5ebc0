import {
  decodeConsumerProtocolAssignment,
  decodeConsumerProtocolSubscription,
  encodeConsumerProtocolAssignment,
  encodeConsumerProtocolSubscription,
} from '@platformatic/kafka';

/** What the coordinator is asked. */
export type GroupRequest = 'join' | 'sync' | 'heartbeat' | 'leave' | 'commit';

export interface SeenRequest {
  readonly request: GroupRequest;
  /** The broker that was asked. */
  readonly nodeId: number;
  readonly memberId: string;
  /** -1 where the request names none. */
  readonly generation: number;
  /** Of a join: what the member says that it owns, and since which generation. */
  readonly owned?: { readonly partitions: readonly number[]; readonly generation: number };
  /** Of a commit: offsets by partition. */
  readonly offsets?: ReadonlyMap<number, number>;
}

/** A member that the test plays. */
export interface OtherMember {
  readonly memberId: string;
  readonly topics: readonly string[];
  readonly owned: readonly number[];
  readonly generation: number;
}

/**
 * One group and its coordinator, as far as one real member sees it. A join is answered at once: others have always joined
 * already.
 */
export class ScriptedGroup {
  /** The broker that coordinates it. */
  coordinator = 0;
  generation = 0;
  /** Of the real member; another one is given whenever it joins without. */
  memberId: string | undefined;
  /** What the next answers are instead, in turn: the name of an error, `silent` or `hang up`. */
  readonly script: Record<GroupRequest, string[]> = {
    join: [],
    sync: [],
    heartbeat: [],
    leave: [],
    commit: [],
  };
  /** They join beside the real member. */
  others: OtherMember[] = [];
  /** Where another member leads: what that one gives to the real one. */
  given: readonly number[] | undefined;
  /** What the real member, as the leader, has given to each. */
  assigned: ReadonlyMap<string, readonly number[]> = new Map();
  readonly committed = new Map<number, number>();
  readonly seen: SeenRequest[] = [];
  #memberIds = 0;

  /** Requests of a kind, in order. */
  seenOf(request: GroupRequest): readonly SeenRequest[] {
    return this.seen.filter((seen) => seen.request === request);
  }

  newMemberId(): string {
    return (this.memberId = `member-${this.#memberIds++}`);
  }
}

export function encodeSubscription(topic: string, { topics, owned, generation }: OtherMember): Buffer {
  return encodeConsumerProtocolSubscription({
    version: 2,
    topics: [...topics],
    ownedPartitions: [{ topic, partitions: [...owned] }],
    generationId: generation,
  });
}

export function readOwned(topic: string, metadata: Buffer): { partitions: number[]; generation: number } {
  const { ownedPartitions, generationId } = decodeConsumerProtocolSubscription(metadata);
  const owned = ownedPartitions.find((own) => own.topic === topic);
  return { partitions: [...(owned?.partitions ?? [])], generation: generationId };
}

export function encodeAssignment(topic: string, partitions: readonly number[]): Buffer {
  return encodeConsumerProtocolAssignment({
    version: 1,
    assignedPartitions: [{ topic, partitions: [...partitions] }],
  });
}

export function readAssignment(topic: string, assignment: Buffer): readonly number[] {
  const { assignedPartitions } = decodeConsumerProtocolAssignment(assignment);
  return assignedPartitions.find((assigned) => assigned.topic === topic)?.partitions ?? [];
}
