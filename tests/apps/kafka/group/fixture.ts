import type { TestContext } from 'node:test';
import { Health } from '../../../../apps/consumer/health.ts';
import { Brokers } from '../../../../apps/kafka/connections/brokers.ts';
import { Commits } from '../../../../apps/kafka/group/commits.ts';
import { Coordinator } from '../../../../apps/kafka/group/coordinator.ts';
import { GroupMember } from '../../../../apps/kafka/group/member.ts';
import type { KafkaOperation } from '../../../../apps/kafka/health.ts';
import { CONSUMER_REQUESTS } from '../../../../apps/kafka/messages/requests.ts';
import { Topic } from '../../../../apps/kafka/metadata/topic.ts';
import { createLog } from '../../../../apps/service/log.ts';
import { waitUntil } from '../../../../infra/local/wait.ts';
import { ScriptedCluster } from '../scripted/cluster.ts';
import type { ScriptedGroup } from '../scripted/group.ts';

interface Parts {
  readonly cluster: ScriptedCluster;
  readonly group: ScriptedGroup;
  readonly member: GroupMember;
  readonly commits: Commits;
  readonly topic: Topic;
  /** What was assigned, in order; nothing where the member gave it up. */
  readonly assignments: readonly (readonly number[])[];
  /** Waits until so many assignments have been heard. */
  readonly assigned: (count: number) => Promise<unknown>;
  /** Waits until the coordinator has heard one more heartbeat. */
  readonly heartbeat: () => Promise<unknown>;
  readonly stop: () => Promise<void>;
}

/** A member of a group that scripted brokers coordinate, running. */
export async function start(
  t: TestContext,
  {
    partitions = 4,
    sessionTimeoutMs = 30_000,
    script = () => undefined,
  }: {
    partitions?: number;
    sessionTimeoutMs?: number;
    /** Before the member joins. */
    script?: (group: ScriptedGroup) => void;
  } = {},
): Promise<Parts> {
  const cluster = new ScriptedCluster();
  cluster.leaders = Array.from({ length: partitions }, () => 0);
  for (let broker = 0; broker < 2; broker++) await cluster.addBroker();
  const { group } = cluster;
  script(group);
  const brokers = new Brokers({
    connection: { bootstrapBrokers: cluster.endpoints },
    clientId: 'test',
    requests: CONSUMER_REQUESTS,
    openTimeoutMs: Math.min(5_000, sessionTimeoutMs / 2),
    timeoutsMs: { control: Math.min(5_000, sessionTimeoutMs / 2) },
  });
  const log = createLog('test', 'silent');
  const health = new Health<KafkaOperation>('kafka', log, () => performance.now());
  const topic = new Topic(cluster.topic, brokers, health);
  const coordinator = new Coordinator('group', brokers);
  const assignments: (readonly number[])[] = [];
  const stopping = new AbortController();
  const member = new GroupMember({
    brokers,
    coordinator,
    topic,
    // Heartbeats go three times a session, and every 3 s at least.
    sessionTimeoutMs,
    health,
    log,
    onAssigned: (partitions) => assignments.push(partitions),
  });
  const commits = new Commits({
    brokers,
    coordinator,
    topic: cluster.topic,
    ownership: () => member.ownership,
    health,
    signal: stopping.signal,
  });
  await topic.refresh();
  const running = member.run(stopping.signal);
  const stop = async (): Promise<void> => {
    stopping.abort();
    await running;
    await member.leave();
  };
  t.after(async () => {
    await stop();
    brokers.close();
    await cluster.close();
  });
  const wait = (what: string, isSo: () => boolean) => waitUntil(isSo, { what, deadlineMs: 60_000 });
  const heartbeats = (): number => group.seenOf('heartbeat').length;
  return {
    cluster,
    group,
    member,
    commits,
    topic,
    assignments,
    assigned: (count) => wait(`${count} assignments`, () => assignments.length >= count),
    heartbeat: () => {
      const before = heartbeats();
      return wait('a heartbeat', () => heartbeats() > before);
    },
    stop,
  };
}
