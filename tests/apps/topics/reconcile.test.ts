import assert from 'node:assert/strict';
import test from 'node:test';
import {
  findUndeclared,
  planChanges,
  planClusterChanges,
  type FoundTopic,
} from '../../../apps/topics/reconcile.ts';

const events: FoundTopic = { partitions: 6, replicationFactor: 3, configs: { 'retention.ms': '1000' } };
const found = new Map([['events', events]]);

test('a topic that Kafka does not have is created as declared', () => {
  const topic = { name: 'clicks', partitions: 3, replicationFactor: 3, configs: { 'retention.ms': '5' } };
  assert.deepEqual(planChanges([topic], found), { changes: [{ kind: 'create', topic }], problems: [] });
});

test('a topic that is as declared is not changed, nor is one that is not declared', () => {
  assert.deepEqual(planChanges([{ name: 'events', ...events }], found), { changes: [], problems: [] });
  assert.deepEqual(planChanges([], found), { changes: [], problems: [] });
});

test('what is not declared of an existing topic is left as it is', () => {
  assert.deepEqual(planChanges([{ name: 'events' }], found), { changes: [], problems: [] });
});

test('partitions grow', () => {
  assert.deepEqual(planChanges([{ name: 'events', partitions: 12 }], found), {
    changes: [{ kind: 'grow', name: 'events', from: 6, to: 12 }],
    problems: [],
  });
});

test('fewer partitions are refused by name and value', () => {
  const { problems } = planChanges([{ name: 'events', partitions: 3 }], found);
  assert.deepEqual(problems, [
    'topic events: partitions must be at least the 6 that it has, got 3: Kafka cannot take a partition away from its records',
  ]);
});

test('another replication factor is refused: it would move every record', () => {
  const { problems } = planChanges([{ name: 'events', replicationFactor: 1 }], found);
  assert.equal(problems.length, 1);
  assert.match(problems[0] ?? '', /^topic events: replicationFactor must be the 3 that it has, got 1/);
});

test('a setting that is not declared stays as it is, and is told; one that is to be reset goes', () => {
  const topic = { name: 'events', configs: { 'cleanup.policy': 'compact' } };
  assert.deepEqual(planChanges([topic], found).changes, [
    { kind: 'configure', name: 'events', set: { 'cleanup.policy': 'compact' }, reset: [] },
  ]);
  assert.deepEqual(findUndeclared([topic], found), new Map([['events', { 'retention.ms': '1000' }]]));

  const told = { name: 'events', reset: ['retention.ms', 'segment.ms'] };
  assert.deepEqual(planChanges([told], found).changes, [
    { kind: 'configure', name: 'events', set: {}, reset: ['retention.ms'] },
  ]);
});

test('a dynamic value for all brokers is changed where there is one, and never made', () => {
  const declared = { 'min.insync.replicas': '2' };
  assert.deepEqual(planClusterChanges(declared, {}), []);
  assert.deepEqual(planClusterChanges(declared, declared), []);
  assert.deepEqual(planClusterChanges(declared, { 'min.insync.replicas': '1' }), [
    { kind: 'configure-cluster', set: declared },
  ]);
});

test('a topic is deleted only where it is declared absent', () => {
  assert.deepEqual(planChanges([{ name: 'events', state: 'absent' }], found).changes, [
    { kind: 'delete', name: 'events' },
  ]);
  assert.deepEqual(planChanges([{ name: 'clicks', state: 'absent' }], found).changes, []);
});
