import { setTimeout as sleep } from 'node:timers/promises';
import {
  decodeConsumerProtocolAssignment,
  decodeConsumerProtocolSubscription,
  encodeConsumerProtocolAssignment,
  encodeConsumerProtocolSubscription,
  heartbeatV4,
  joinGroupV9,
  leaveGroupV5,
  syncGroupV5,
} from '../client.ts';
import type { Log } from '../../service/log.ts';
import { abortable } from '../../service/abortable.ts';
import { Backoff } from '../../service/backoff.ts';
import type { KafkaHealth } from '../health.ts';
import { assignPartitions, type Candidate } from './assign.ts';
import type { Brokers } from '../connections/brokers.ts';
import type { Coordinator } from './coordinator.ts';
import { codes, KafkaError, kafkaFailure, NONE } from '../errors.ts';
import type { Ownership } from '../messages/offsets.ts';
import type { Topic } from '../metadata/topic.ts';

export interface GroupMemberOptions {
  readonly brokers: Brokers;
  readonly coordinator: Coordinator;
  readonly topic: Topic;
  readonly sessionTimeoutMs: number;
  readonly health: KafkaHealth;
  readonly log: Log;
  /**
   * Called with the partitions that this member owns from now on; empty if it has left the group or lost its
   * membership.
   */
  readonly onAssigned: (partitions: readonly number[]) => void;
}

/** Protocol type of all consumers; Kafka's tools use it to show who owns what. */
const PROTOCOL_TYPE = 'consumer';
/** Assignor; all members must use the same. */
const PROTOCOL = 'headwater-sticky';
/** First subscription version with the generation of the owned partitions. */
const SUBSCRIPTION_VERSION = 2;
const MAX_HEARTBEAT_MS = 3000;
const FIRST_BACKOFF_MS = 100;
const MAX_BACKOFF_MS = 1000;

/**
 * Membership of a consumer group, by the classic protocol.
 *
 * During a rebalance a member continues with its partitions, and gives up only those that the new generation assigns to
 * another member. Two members may write the same segment for a while; the store accepts one of them.
 */
export class GroupMember {
  readonly #options: GroupMemberOptions;
  readonly #log: Log;
  #memberId = '';
  #ownership: Ownership | undefined;
  #owned: readonly number[] = [];
  /** Number of partitions that this member has assigned as the group's leader; `undefined` if it is not the leader. */
  #assignedCount: number | undefined;
  #confirmedAt = 0;
  #joins = 0;

  constructor(options: GroupMemberOptions) {
    this.#options = options;
    this.#log = options.log;
  }

  /** Identity for commits; `undefined` while this is not a member, as far as it knows. */
  get ownership(): Ownership | undefined {
    return this.#ownership;
  }

  /** Number of rebalances since the first join. */
  get rebalances(): number {
    return Math.max(0, this.#joins - 1);
  }

  /** Joins the group and stays until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { sessionTimeoutMs, health } = this.#options;
    const backoff = new Backoff(FIRST_BACKOFF_MS, MAX_BACKOFF_MS);
    const heartbeatMs = Math.min(MAX_HEARTBEAT_MS, sessionTimeoutMs / 3);
    let joined = false;
    while (!signal.aborted) {
      try {
        const sentAt = performance.now();
        await abortable(joined ? this.#heartbeat() : this.#join(), signal);
        // A join request returns when all members have joined; the session starts then.
        this.#confirmedAt = joined ? sentAt : performance.now();
        joined = !this.#mustSpreadAgain();
        health.succeeded('group');
        backoff.reset();
        if (joined) await sleep(heartbeatMs, undefined, { signal });
      } catch (error) {
        if (this.#mustRejoin(error)) joined = false;
        await this.#recover(error, backoff, signal);
      }
    }
  }

  async leave(): Promise<void> {
    const memberId = this.#memberId;
    this.#ownership = undefined;
    if (memberId === '') return;
    const { brokers, coordinator } = this.#options;
    try {
      await coordinator.ask((nodeId) =>
        brokers.ask('control', nodeId, leaveGroupV5.api, coordinator.groupId, [
          { memberId, reason: 'shutdown' },
        ]),
      );
    } catch (error) {
      this.#log.info(
        { err: error },
        'no response to leaving the group: the membership ends when its session expires',
      );
    }
  }

  async #heartbeat(): Promise<void> {
    const { brokers, coordinator } = this.#options;
    const { generation, memberId } = this.#ownership ?? { generation: -1, memberId: this.#memberId };
    await coordinator.ask(async (nodeId) => {
      const request = [coordinator.groupId, generation, memberId, null] as const;
      const { errorCode } = await brokers.ask('control', nodeId, heartbeatV4.api, ...request);
      if (errorCode !== NONE) throw new KafkaError('heartbeat', errorCode);
    });
  }

  async #join(): Promise<void> {
    const { coordinator, topic, onAssigned } = this.#options;
    const { generation, memberId, partitions } = await coordinator.ask((nodeId) => this.#joinAt(nodeId));
    this.#joins += 1;
    this.#ownership = { generation, memberId };
    this.#owned = partitions;
    this.#log.info({ generation, memberId, partitions, topic: topic.name }, 'partitions assigned');
    onAssigned(partitions);
  }

  async #joinAt(nodeId: number): Promise<Ownership & { readonly partitions: readonly number[] }> {
    const { brokers, coordinator, topic } = this.#options;
    const joined = await this.#requestJoin(nodeId);
    const { generationId: generation, memberId } = joined;
    const isLeader = joined.leader === memberId;
    this.#assignedCount = isLeader ? ((await topic.refresh())?.leaders.length ?? 0) : undefined;
    const assignments = isLeader ? this.#assign(joined.members, this.#assignedCount ?? 0) : [];
    const request = [
      coordinator.groupId,
      generation,
      memberId,
      null,
      PROTOCOL_TYPE,
      PROTOCOL,
      assignments,
    ] as const;
    const synced = await brokers.ask('join', nodeId, syncGroupV5.api, ...request);
    if (synced.errorCode !== NONE) throw new KafkaError('sync group', synced.errorCode);
    const { assignedPartitions } = decodeConsumerProtocolAssignment(synced.assignment);
    const partitions = assignedPartitions.find((assigned) => assigned.topic === topic.name)?.partitions ?? [];
    return { generation, memberId, partitions };
  }

  async #requestJoin(nodeId: number): ReturnType<typeof joinGroupV9.api.async> {
    const { brokers, coordinator, topic, sessionTimeoutMs } = this.#options;
    const metadata = encodeConsumerProtocolSubscription({
      version: SUBSCRIPTION_VERSION,
      topics: [topic.name],
      ownedPartitions: [{ topic: topic.name, partitions: [...this.#owned] }],
      generationId: this.#ownership?.generation ?? -1,
    });
    const ask = (): ReturnType<typeof joinGroupV9.api.async> => {
      const protocols = [{ name: PROTOCOL, metadata }];
      const timeouts = [sessionTimeoutMs, sessionTimeoutMs] as const;
      const request = [
        coordinator.groupId,
        ...timeouts,
        this.#memberId,
        null,
        PROTOCOL_TYPE,
        protocols,
      ] as const;
      return brokers.ask('join', nodeId, joinGroupV9.api, ...request, '');
    };
    let joined = await ask();
    if (joined.errorCode === codes.memberIdRequired) {
      this.#memberId = joined.memberId;
      joined = await ask();
    }
    if (joined.errorCode !== NONE) throw new KafkaError('join group', joined.errorCode);
    this.#memberId = joined.memberId;
    return joined;
  }

  #assign(
    members: readonly { readonly memberId: string; readonly metadata: Buffer }[],
    partitionCount: number,
  ): { memberId: string; assignment: Buffer }[] {
    const topic = this.#options.topic.name;
    const candidates: Candidate[] = [];
    for (const { memberId, metadata } of members) {
      const { topics, ownedPartitions, generationId } = decodeConsumerProtocolSubscription(metadata);
      if (!topics.includes(topic)) {
        this.#log.warn(
          { memberId, topics },
          `a member of the group does not read ${topic}: it gets no partition`,
        );
        continue;
      }
      const owned = ownedPartitions.find((own) => own.topic === topic)?.partitions ?? [];
      candidates.push({ memberId, owned, generation: generationId });
    }
    const assigned = assignPartitions(partitionCount, candidates);
    return members.map(({ memberId }) => {
      const partitions = [...(assigned.get(memberId) ?? [])];
      const assignedPartitions = partitions.length > 0 ? [{ topic, partitions }] : [];
      return { memberId, assignment: encodeConsumerProtocolAssignment({ version: 1, assignedPartitions }) };
    });
  }

  /** Whether the number of partitions has changed since the leader assigned them. */
  #mustSpreadAgain(): boolean {
    return (
      this.#assignedCount !== undefined &&
      this.#assignedCount !== (this.#options.topic.view?.leaders.length ?? 0)
    );
  }

  async #recover(error: unknown, backoff: Backoff, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    this.#giveUpIfExpired();
    if (error instanceof KafkaError && error.code === codes.rebalanceInProgress) return;
    this.#options.health.failed('group', kafkaFailure(error));
    await backoff.wait(signal).catch(() => undefined);
  }

  #mustRejoin(error: unknown): boolean {
    if (!(error instanceof KafkaError)) return false;
    const { code } = error;
    if (code === codes.unknownMemberId || code === codes.fencedInstanceId) this.#memberId = '';
    else if (code === codes.rebalanceInProgress) return true;
    else if (code !== codes.illegalGeneration) return false;
    this.#giveUp(error.message);
    return true;
  }

  /**
   * When the session has expired without a confirmed heartbeat, other members own the partitions, whatever happens to
   * later requests.
   */
  #giveUpIfExpired(): void {
    if (performance.now() - this.#confirmedAt >= this.#options.sessionTimeoutMs)
      this.#giveUp('session passed');
  }

  #giveUp(reason: string): void {
    if (this.#ownership === undefined) return;
    this.#log.warn(
      { reason, partitions: this.#owned },
      'no member of the group any more: partitions given up',
    );
    this.#ownership = undefined;
    this.#owned = [];
    this.#assignedCount = undefined;
    this.#options.onAssigned([]);
  }
}
