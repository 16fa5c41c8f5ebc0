import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitUntil } from '../../../../infra/local/wait.ts';
import { start } from './fixture.ts';

/** So that heartbeats follow one another soon. */
const SESSION_MS = 900;
const ALL = [0, 1, 2, 3];

test('a member takes the id that it is given, and as the leader all partitions of a group of one', async (t) => {
  const { group, member, assignments, assigned, heartbeat } = await start(t, {
    sessionTimeoutMs: SESSION_MS,
  });
  await assigned(1);
  await heartbeat();
  assert.deepEqual(assignments, [ALL]);
  assert.deepEqual(
    group.seenOf('join').map(({ memberId }) => memberId),
    ['', 'member-0'],
  );
  assert.deepEqual(member.ownership, { generation: 1, memberId: 'member-0' });
  const [first] = group.seenOf('heartbeat');
  assert.deepEqual([first?.memberId, first?.generation], ['member-0', 1]);
  assert.equal(member.rebalances, 0);
});

test('a member that does not lead takes what the leader gives it, and assigns nothing', async (t) => {
  const { group, assignments, assigned } = await start(t, { script: (group) => (group.given = [1, 3]) });
  await assigned(1);
  assert.deepEqual(assignments, [[1, 3]]);
  assert.deepEqual([...group.assigned], []);
});

test('the leader leaves with each member what it owns, and gives nothing to one that does not read the topic', async (t) => {
  const { group, assigned } = await start(t, {
    script: (group) => {
      group.others = [
        { memberId: 'other', topics: ['events'], owned: [2, 3], generation: 5 },
        // What it owned is of a generation that is past.
        { memberId: 'late', topics: ['events'], owned: [2], generation: 4 },
        { memberId: 'stranger', topics: ['logs'], owned: [], generation: -1 },
      ];
    },
  });
  await assigned(1);
  assert.ok(group.assigned.get('other')?.every((partition) => [2, 3].includes(partition)));
  assert.deepEqual(group.assigned.get('stranger'), []);
  assert.deepEqual([...group.assigned.values()].flat().sort(), ALL);
});

test('while the group rebalances a member keeps what it owns, says so when it joins, and gives up only what is taken', async (t) => {
  const { group, assignments, assigned } = await start(t, { sessionTimeoutMs: SESSION_MS });
  await assigned(1);
  group.given = [0, 1];
  group.script.heartbeat.push('REBALANCE_IN_PROGRESS');
  await assigned(2);
  assert.deepEqual(assignments, [ALL, [0, 1]]);
  const last = group.seenOf('join').at(-1);
  assert.deepEqual([last?.memberId, last?.owned], ['member-0', { partitions: ALL, generation: 1 }]);
});

test('a generation that is past: everything is given up at once, and the member joins again under its id, owning nothing', async (t) => {
  const { group, assignments, assigned } = await start(t, { sessionTimeoutMs: SESSION_MS });
  await assigned(1);
  group.script.heartbeat.push('ILLEGAL_GENERATION');
  await assigned(3);
  assert.deepEqual(assignments, [ALL, [], ALL]);
  const last = group.seenOf('join').at(-1);
  assert.deepEqual([last?.memberId, last?.owned], ['member-0', { partitions: [], generation: -1 }]);
});

for (const error of ['UNKNOWN_MEMBER_ID', 'FENCED_INSTANCE_ID']) {
  test(`${error}: everything is given up at once, and the member joins under a new id`, async (t) => {
    const { group, member, assignments, assigned } = await start(t, { sessionTimeoutMs: SESSION_MS });
    await assigned(1);
    group.script.heartbeat.push(error);
    await assigned(3);
    assert.deepEqual(assignments, [ALL, [], ALL]);
    assert.equal(member.ownership?.memberId, 'member-1');
  });
}

test('a coordinator that has moved is looked for, and knows the member: nothing is given up', async (t) => {
  const { group, member, assignments, assigned } = await start(t, { sessionTimeoutMs: SESSION_MS });
  await assigned(1);
  group.coordinator = 1;
  await waitUntil(() => group.seenOf('heartbeat').some(({ nodeId }) => nodeId === 1), {
    what: 'a heartbeat at the new coordinator',
    deadlineMs: 60_000,
  });
  assert.deepEqual(assignments, [ALL]);
  assert.deepEqual(member.ownership, { generation: 1, memberId: 'member-0' });
  assert.equal(group.seenOf('join').length, 2);
});

for (const error of ['COORDINATOR_LOAD_IN_PROGRESS', 'COORDINATOR_NOT_AVAILABLE', 'hang up']) {
  test(`a heartbeat that comes to "${error}" is sent again: nothing is given up`, async (t) => {
    const { group, assignments, assigned } = await start(t, { sessionTimeoutMs: SESSION_MS });
    await assigned(1);
    group.script.heartbeat.push(error);
    await waitUntil(() => group.seenOf('heartbeat').length >= 3, { what: 'heartbeats', deadlineMs: 60_000 });
    assert.deepEqual(assignments, [ALL]);
  });
}

test('without a sign of life for a session everything is given up, whatever the coordinator believes', async (t) => {
  const { cluster, member, assignments, assigned } = await start(t, { sessionTimeoutMs: SESSION_MS });
  await assigned(1);
  for (const broker of cluster.brokers) broker.hangs = true;
  await assigned(2);
  assert.deepEqual(assignments, [ALL, []]);
  assert.equal(member.ownership, undefined);
  for (const broker of cluster.brokers) broker.hangs = false;
  await assigned(3);
  assert.deepEqual(assignments, [ALL, [], ALL]);
});

test('a rebalance between join and sync: the member joins again, and owns nothing before it has been told', async (t) => {
  const { group, assignments, assigned } = await start(t, {
    script: (group) => group.script.sync.push('REBALANCE_IN_PROGRESS'),
  });
  await assigned(1);
  assert.deepEqual(assignments, [ALL]);
  assert.equal(group.seenOf('sync').length, 2);
  assert.equal(group.generation, 2);
});

test('partitions that are added are given out by the leader, without a word from the coordinator', async (t) => {
  const { cluster, topic, assignments, assigned } = await start(t, { sessionTimeoutMs: SESSION_MS });
  await assigned(1);
  cluster.leaders = [...cluster.leaders, 0];
  await topic.refresh();
  await assigned(2);
  assert.deepEqual(assignments, [ALL, [...ALL, 4]]);
});

test('a member that ends says so, once', async (t) => {
  const { group, member, assigned, stop } = await start(t);
  await assigned(1);
  await stop();
  assert.deepEqual(
    group.seenOf('leave').map(({ memberId }) => memberId),
    ['member-0'],
  );
  assert.equal(member.ownership, undefined);
});
