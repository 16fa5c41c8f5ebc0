import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TopicMetadata } from '../../../../apps/kafka/metadata/topic-metadata.ts';
import { start } from '../brokers-under-test.ts';

const FIRST = '11111111-2222-3333-4444-555555555555';
const SECOND = '99999999-2222-3333-4444-555555555555';

test('a topic is what the newest metadata says: an id that was replaced never comes back', async (t) => {
  const { cluster, brokers } = await start(t, 2);
  const topic = new TopicMetadata('events', brokers);
  const uuid = () => topic.view?.uuid;
  await topic.update();
  assert.deepEqual([uuid(), topic.view?.id], [FIRST, 'ERERESIiMzNERFVVVVVVVQ']);
  cluster.topicId = SECOND;
  await topic.update();
  assert.equal(uuid(), SECOND);
  const [lagging, other] = cluster.brokers;
  assert.ok(lagging && other);
  lagging.topicId = FIRST;
  await topic.update();
  assert.equal(uuid(), SECOND);
  other.topicId = FIRST;
  await assert.rejects(topic.update(), /a broker still reports an earlier id of topic events/);
  assert.equal(uuid(), SECOND);
});

test('an older epoch brings no old leader back, but for another topic, whose epochs begin anew', async (t) => {
  const { cluster, brokers } = await start(t, 2);
  const topic = new TopicMetadata('events', brokers);
  Object.assign(cluster, { leaders: [1], epoch: 5 });
  await topic.update();
  Object.assign(cluster, { leaders: [0], epoch: 4 });
  await topic.update();
  assert.deepEqual(topic.leader(0), { nodeId: 1, epoch: 5 });
  cluster.topicId = SECOND;
  await topic.update();
  assert.deepEqual(topic.leader(0), { nodeId: 0, epoch: 4 });
});

test('a cluster without topic ids: an epoch that begins anew is believed, and no topic is taken for an earlier one', async (t) => {
  const { cluster, brokers } = await start(t, 1);
  const topic = new TopicMetadata('events', brokers);
  Object.assign(cluster, { topicId: '00000000-0000-0000-0000-000000000000', epoch: 5 });
  await topic.update();
  cluster.epoch = 0;
  await topic.update();
  assert.deepEqual(topic.leader(0), { nodeId: 0, epoch: 0 });
});

test('a partition without a leader has none, and the others have theirs', async (t) => {
  const { cluster, brokers } = await start(t, 1);
  cluster.leaders = [-1, 0];
  const topic = new TopicMetadata('events', brokers);
  await topic.update();
  assert.deepEqual([topic.leader(0), topic.leader(1)?.nodeId, topic.leader(2)], [undefined, 0, undefined]);
});
