import assert from 'node:assert/strict';
import { test } from 'node:test';
import { smallestSet } from '../../../../infra/diff/causes/smallest-set.ts';

const ALL = Array.from({ length: 20 }, (_, index) => index);

function has(...wanted: readonly number[]): (set: readonly number[]) => boolean {
  return (set) => wanted.every((one) => set.includes(one));
}

test('exactly the elements that are needed are found, whichever they are', () => {
  for (const wanted of [[], [0], [19], [3, 4], [0, 19], [2, 9, 17], ALL]) {
    assert.deepEqual(smallestSet(ALL, has(...wanted)), wanted);
  }
});

test('of two sets that are both enough one is found, with nothing besides', () => {
  const [left, right] = [has(1, 12), has(5)];
  const found = smallestSet(ALL, (set) => left(set) || right(set));
  assert.ok(['1,12', '5'].includes(found.join()), found.join());
});

test('two of twenty cost fewer questions than asking for each', () => {
  let asked = 0;
  smallestSet(ALL, (set) => {
    asked += 1;
    return has(4, 15)(set);
  });
  assert.ok(asked < 20, String(asked));
});
