import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BufferPool } from '../../../../apps/service/memory/buffer-pool.ts';
import type { Brokers } from '../../../../apps/kafka/connections/brokers.ts';
import { Fetcher, type PartitionResponse } from '../../../../apps/kafka/messages/fetch.ts';
import { TopicMetadata } from '../../../../apps/kafka/metadata/topic-metadata.ts';
import { waitUntil } from '../../../../infra/local/wait.ts';
import { start } from '../brokers-under-test.ts';
import { codeOf } from '../scripted/apis.ts';

function fetchFrom(brokers: Brokers, nodeId: number): Promise<readonly PartitionResponse[]> {
  const fetcher = new Fetcher(brokers, new BufferPool({ maxBytes: 0 }), () => undefined);
  return fetcher.fetch(nodeId, {
    topic: '11111111-2222-3333-4444-555555555555',
    partitions: [{ partition: 0, offset: 0, lastFetchedEpoch: -1, leaderEpoch: 1 }],
    maxWaitMs: 0,
    maxBytes: 1,
    maxPartitionBytes: 1,
    read: 'committed',
  });
}

test('a broker that throttles a consumer gets the time it asks for before it is taken for hanging', async (t) => {
  const { cluster, brokers } = await start(t, 1, { control: 5_000, join: 5_000, fetch: 500 });
  await new TopicMetadata('events', brokers).update();
  // Whatever is in the response, its time counts; a response without any does not shorten it.
  cluster.fetches.push(
    { throttleMs: 2_000, error: codeOf('UNKNOWN_SERVER_ERROR') },
    { throttleMs: 0 },
    'silent',
  );
  await assert.rejects(fetchFrom(brokers, 0), { name: 'KafkaError', code: -1 });
  const begun = performance.now();
  assert.deepEqual(await fetchFrom(brokers, 0), []);
  await assert.rejects(fetchFrom(brokers, 0));
  assert.ok(performance.now() - begun > 2_000);
});

test('a fetch without an answer holds up nothing else, and the connection is a new one after it', async (t) => {
  const { cluster, brokers } = await start(t, 1, { control: 5_000, fetch: 300 });
  const topic = new TopicMetadata('events', brokers);
  await topic.update();
  cluster.fetches.push('silent');
  const waiting = fetchFrom(brokers, 0);
  await topic.update();
  await assert.rejects(waiting, /no response from 127\.0\.0\.1:\d+ within 300 ms/);
  assert.deepEqual(await fetchFrom(brokers, 0), []);
});

test('of all brokers the one that answered last is asked first, and one that failed last', async (t) => {
  const { cluster, brokers } = await start(t, 3);
  const topic = new TopicMetadata('events', brokers);
  const [first, second] = cluster.brokers;
  assert.ok(first && second);
  const asked = async (): Promise<number[]> => {
    await topic.update();
    return cluster.brokers.map(({ requests }) => requests.filter((name) => name === 'metadata').length);
  };
  assert.deepEqual(await asked(), [1, 0, 0]);
  assert.deepEqual(await asked(), [2, 0, 0]);
  await first.stop();
  assert.deepEqual(await asked(), [2, 1, 0]);
  await first.start();
  assert.deepEqual(await asked(), [2, 2, 0]);
  await second.stop();
  assert.deepEqual(await asked(), [2, 2, 1]);
});

test('where no broker gives an answer that is accepted, what one has said is the reason, not that another is away', async (t) => {
  const { cluster, brokers } = await start(t, 2);
  await cluster.brokers[1]?.stop();
  const topic = new TopicMetadata('another', brokers);
  await assert.rejects(topic.update(), { message: 'topic another: UNKNOWN_TOPIC_OR_PARTITION' });
});

test('a broker that does not speak what will be sent is named when it is connected to, before anything is sent', async (t) => {
  const { cluster, brokers } = await start(t, 1);
  cluster.versions = { fetch: [4, 12] };
  await assert.rejects(
    new TopicMetadata('events', brokers).update(),
    /broker 127\.0\.0\.1:\d+ must speak version 13 of Fetch, as Kafka .* do, it speaks 4 to 12/,
  );
  cluster.versions = {};
  await new TopicMetadata('events', brokers).update();
});

test('connections to brokers that have left the cluster are closed', async (t) => {
  const { cluster, brokers } = await start(t, 2);
  const topic = new TopicMetadata('events', brokers);
  await topic.update();
  const gone = await cluster.addBroker();
  await topic.update();
  assert.deepEqual(await fetchFrom(brokers, 2), []);
  assert.equal(gone.connections, 1);
  cluster.brokers.pop();
  await topic.update();
  await waitUntil(() => gone.connections === 0, { what: 'closed', deadlineMs: 60_000 });
  await assert.rejects(fetchFrom(brokers, 2), /broker 2 is not in the cluster's metadata/);
  await gone.stop();
});
