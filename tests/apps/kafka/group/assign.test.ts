import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assignPartitions, type Candidate } from '../../../../apps/kafka/group/assign.ts';

function candidate(
  memberId: string,
  owned: readonly number[] = [],
  generation = owned.length > 0 ? 1 : -1,
): Candidate {
  return { memberId, owned, generation };
}

function rejoin(assigned: ReadonlyMap<string, readonly number[]>, generation: number): Candidate[] {
  return [...assigned].map(([memberId, owned]) => candidate(memberId, owned, generation));
}

test('every partition has exactly one owner and shares differ by one at most, for any numbers', () => {
  for (let partitions = 0; partitions <= 13; partitions++) {
    for (let members = 1; members <= 6; members++) {
      const assigned = assignPartitions(
        partitions,
        Array.from({ length: members }, (_, index) => candidate(`m${index}`)),
      );
      const all = [...assigned.values()].flat().sort((a, b) => a - b);
      assert.deepEqual(
        all,
        Array.from({ length: partitions }, (_, partition) => partition),
      );
      const sizes = [...assigned.values()].map(({ length }) => length);
      assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1);
    }
  }
});

test('a new member takes only what the others must give', () => {
  const before = assignPartitions(7, [candidate('a'), candidate('b')]);
  const after = assignPartitions(7, [...rejoin(before, 1), candidate('c')]);
  for (const member of ['a', 'b']) {
    const kept = after.get(member) ?? [];
    assert.ok(kept.every((partition) => before.get(member)?.includes(partition)));
  }
  assert.deepEqual([...after.values()].map(({ length }) => length).sort(), [2, 2, 3]);
});

test('when a member leaves, the others keep what they have', () => {
  const before = assignPartitions(9, [candidate('a'), candidate('b'), candidate('c')]);
  const after = assignPartitions(
    9,
    rejoin(before, 1).filter(({ memberId }) => memberId !== 'b'),
  );
  for (const member of ['a', 'c']) {
    assert.ok(before.get(member)?.every((partition) => after.get(member)?.includes(partition)));
  }
});

test('a member of a past generation keeps nothing against the present owner', () => {
  const assigned = assignPartitions(2, [candidate('zombie', [0, 1], 3), candidate('owner', [0], 4)]);
  assert.deepEqual(assigned.get('owner'), [0]);
});

test('partitions that are gone are assigned to nobody', () => {
  assert.deepEqual([...assignPartitions(1, [candidate('a', [0, 5, 6])]).values()], [[0]]);
});
