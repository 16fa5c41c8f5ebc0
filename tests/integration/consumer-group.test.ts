import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Health } from '../../apps/consumer/health.ts';
import { Brokers } from '../../apps/kafka/connections/brokers.ts';
import { Commits } from '../../apps/kafka/group/commits.ts';
import { Coordinator } from '../../apps/kafka/group/coordinator.ts';
import type { Ownership } from '../../apps/kafka/messages/offsets.ts';
import { CONSUMER_REQUESTS } from '../../apps/kafka/messages/requests.ts';
import type { KafkaOperation } from '../../apps/kafka/health.ts';
import { Topic } from '../../apps/kafka/metadata/topic.ts';
import { createLog } from '../../apps/service/log.ts';
import { waitUntil } from '../../infra/local/wait.ts';
import { Harness } from './consumer/harness.ts';
import type { RunningConsumer } from './consumer/running-consumer.ts';
import { range, type Fixture } from './consumer/fixture.ts';

let harness: Harness;
before(async () => {
  harness = await Harness.start();
});
after(() => harness.stop());

/** What the group gave a consumer last. */
function assigned(consumer: RunningConsumer): number[] {
  const line = consumer.logged.findLast(({ msg }) => msg === 'partitions assigned');
  return (line?.['partitions'] ?? []) as number[];
}

function spread(consumers: readonly RunningConsumer[], sizes: readonly number[]): Promise<unknown> {
  return waitUntil(
    () => {
      const shares = consumers.map(assigned);
      const all = shares.flat().sort((a, b) => a - b);
      const isWhole = all.length === 6 && all.every((partition, index) => partition === index);
      return isWhole && shares.every(({ length }, index) => length === sizes[index]);
    },
    { what: `spread as ${sizes.join(', ')}`, deadlineMs: 60_000 },
  );
}

/** Sends to every partition all the time. */
function trickle(fixture: Fixture): { stop(): Promise<number> } {
  let sent = 0;
  const stopping = new AbortController();
  const sending = (async () => {
    while (!stopping.signal.aborted) {
      await Promise.all(range(0, 6).map((partition) => fixture.sendNumbers(sent, sent + 5, { partition })));
      sent += 5;
      await sleep(50);
    }
  })();
  return {
    stop: async () => {
      stopping.abort();
      await sending;
      return sent;
    },
  };
}

test('consumers come and go under load: every record is stored once, and only what must move moves', async () => {
  const fixture = await harness.fixture({ partitions: 6 });
  const load = trickle(fixture);
  const first = fixture.start();
  await spread([first], [6]);
  const second = fixture.start();
  await spread([first, second], [3, 3]);
  const kept = assigned(first);
  const third = fixture.start();
  await spread([first, second, third], [2, 2, 2]);
  assert.ok(assigned(first).every((partition) => kept.includes(partition)));
  // Leaves the group: nobody waits for its session.
  const begun = performance.now();
  await second.stop();
  await spread([first, third], [3, 3]);
  assert.ok(performance.now() - begun < 6000);
  await third.stop();
  await spread([first], [6]);
  const sent = await load.stop();
  for (const partition of range(0, 6)) {
    await fixture.storedUpTo(sent, partition);
    assert.deepEqual(await fixture.offsets(partition), range(0, sent));
  }
  assert.ok((await first.metric('rebalances_total')) <= 8);
  await fixture.verify();
});

test('heartbeats go on while the store does not answer: the session lasts, and nothing is read beyond one more segment', async () => {
  const fixture = await harness.fixture();
  await fixture.sendNumbers(0, 100);
  const held = harness.proxy.at(
    'before-forward',
    async () => {
      await sleep(8000);
      return 'go-on';
    },
    ({ topic }) => topic === fixture.topic,
  );
  const consumer = fixture.start();
  await held;
  assert.equal(harness.proxy.puts.filter(({ topic }) => topic === fixture.topic).length, 1);
  await fixture.storedUpTo(100);
  assert.equal(await consumer.metric('rebalances_total'), 0);
  assert.deepEqual(await fixture.offsets(), range(0, 100));
});

test('a broker that hangs beyond the session and comes back: every record is stored once', async () => {
  const fixture = await harness.fixture({ partitions: 2 });
  await fixture.sendNumbers(0, 20);
  const consumer = fixture.start();
  await fixture.storedUpTo(20);
  const [broker] = harness.kafka.brokers;
  assert.ok(broker);
  broker.signal('SIGSTOP');
  try {
    await consumer.line(/session passed|no member of the group any more/, 30_000);
    assert.notEqual(consumer.notReady, undefined);
  } finally {
    broker.signal('SIGCONT');
  }
  await waitUntil(() => fixture.sendNumbers(20, 40).then(() => true), { what: 'sent', deadlineMs: 60_000 });
  const end = await fixture.logEnd();
  await fixture.storedUpTo(end);
  assert.deepEqual(await fixture.offsets(), range(0, end));
  await waitUntil(() => consumer.notReady === undefined, { what: 'ready', deadlineMs: 60_000 });
  await fixture.verify();
});

test('partitions that are added to the topic are found and assigned', async () => {
  const fixture = await harness.fixture({ partitions: 1 });
  const consumer = fixture.start();
  await waitUntil(() => assigned(consumer).length === 1, { what: 'assigned', deadlineMs: 60_000 });
  await harness.admin.createPartitions({
    topics: [{ name: fixture.topic, count: 3, assignments: [{ brokerIds: [1] }, { brokerIds: [1] }] }],
  });
  await waitUntil(() => fixture.sendNumbers(0, 10, { partition: 2 }).then(() => true), {
    what: 'sent',
    deadlineMs: 60_000,
  });
  await fixture.storedUpTo(undefined, 2);
});

test('a topic that does not exist yet: not ready by name, and consumed when it does', async () => {
  const fixture = await harness.fixture();
  const topic = `${fixture.topic}-later`;
  const consumer = fixture.start({ KAFKA_TOPIC: topic, KAFKA_GROUP_ID: topic });
  await waitUntil(() => consumer.notReady?.includes(`topic ${topic} does not exist`), {
    what: 'not ready',
    deadlineMs: 60_000,
  });
  await harness.makeTopic(topic, 1);
  await waitUntil(() => consumer.notReady === undefined && assigned(consumer).length === 1, {
    what: 'ready',
    deadlineMs: 60_000,
  });
});

test('a commit in the name of a past generation is refused, dropped, and not made in the name of the next', async () => {
  const fixture = await harness.fixture();
  await fixture.sendNumbers(0, 10);
  const consumer = fixture.start();
  await fixture.storedUpTo(10);
  await waitUntil(async () => (await fixture.committed()) === 10, { what: 'committed', deadlineMs: 60_000 });
  const brokers = new Brokers({
    connection: { bootstrapBrokers: harness.kafka.bootstrapServers.split(',') },
    clientId: 'zombie',
    requests: CONSUMER_REQUESTS,
    openTimeoutMs: 5000,
    timeoutsMs: { control: 5000 },
  });
  const health = new Health<KafkaOperation>('kafka', createLog('test', 'silent'), () => performance.now());
  const abort = new AbortController();
  const line = consumer.logged.findLast(({ msg }) => msg === 'partitions assigned');
  const current: Ownership = {
    generation: Number(line?.['generation']),
    memberId: String(line?.['memberId']),
  };
  let owner: Ownership | undefined = { ...current, generation: current.generation - 1 };
  try {
    await new Topic(fixture.topic, brokers, health).refresh();
    const commits = new Commits({
      brokers,
      coordinator: new Coordinator(fixture.groupId, brokers),
      topic: fixture.topic,
      ownership: () => owner,
      health,
      signal: abort.signal,
    });
    commits.note(0, { offset: 3, leaderEpoch: 0 });
    await commits.settled();
    assert.equal(await fixture.committed(), 10);
    // Noted by the last owner, due under the next one: not its own.
    commits.note(0, { offset: 4, leaderEpoch: 0 });
    owner = current;
    await commits.settled();
    assert.equal(await fixture.committed(), 10);
    commits.note(0, { offset: 5, leaderEpoch: 0 });
    await commits.settled();
    assert.equal(await fixture.committed(), 5);
  } finally {
    abort.abort();
    brokers.close();
  }
});
