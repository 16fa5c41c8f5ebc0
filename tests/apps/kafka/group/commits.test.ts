import assert from 'node:assert/strict';
import { test } from 'node:test';
import { start } from './fixture.ts';

const at = (offset: number) => ({ offset, leaderEpoch: 1 });

test('the newest end of each partition is committed, as the generation that noted it', async (t) => {
  const { group, commits, assigned } = await start(t);
  await assigned(1);
  commits.note(0, at(5));
  commits.note(1, at(7));
  commits.note(0, at(9));
  await commits.settled();
  assert.deepEqual([...group.committed].sort(), [
    [0, 9],
    [1, 7],
  ]);
  assert.deepEqual(
    group.seenOf('commit').map(({ generation, memberId }) => [generation, memberId]),
    [[1, 'member-0']],
  );
});

for (const error of [
  'ILLEGAL_GENERATION',
  'UNKNOWN_MEMBER_ID',
  'FENCED_INSTANCE_ID',
  'REBALANCE_IN_PROGRESS',
]) {
  test(`a commit that comes to ${error} is dropped, not made again`, async (t) => {
    const { group, commits, assigned } = await start(t);
    await assigned(1);
    group.script.commit.push(error);
    commits.note(0, at(5));
    await commits.settled();
    assert.equal(group.seenOf('commit').length, 1);
    assert.deepEqual([...group.committed], []);
  });
}

for (const error of ['COORDINATOR_LOAD_IN_PROGRESS', 'hang up']) {
  test(`a commit that comes to "${error}" is made again`, async (t) => {
    const { group, commits, assigned } = await start(t);
    await assigned(1);
    group.script.commit.push(error);
    commits.note(0, at(5));
    await commits.settled();
    assert.deepEqual([...group.committed], [[0, 5]]);
  });
}

test('a commit follows its coordinator', async (t) => {
  const { group, commits, assigned } = await start(t);
  await assigned(1);
  group.coordinator = 1;
  commits.note(0, at(5));
  await commits.settled();
  assert.deepEqual(
    group.seenOf('commit').map(({ nodeId }) => nodeId),
    [0, 1],
  );
  assert.deepEqual([...group.committed], [[0, 5]]);
});
