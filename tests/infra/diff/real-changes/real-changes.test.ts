import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CONSEQUENCES } from '../../../infra/diff/consequences.ts';
import { makeRealChange } from './make-real-changes.ts';
import { realChanges } from './real-changes.ts';

for (const change of realChanges) {
  test(`${change.environment} ${change.what}: ${change.consequence}`, async () => {
    const found = await makeRealChange(change);
    const shown = found.filter(
      ({ object, path }) =>
        object === change.object &&
        (path === change.path || (change.path !== '' && path.includes(change.path))),
    );
    const all = found.map(({ object, path, consequence }) => `${object} ${path}: ${consequence}`).join('\n');
    assert.ok(
      shown.some(({ consequence }) => consequence === change.consequence),
      `expected ${change.object} ${change.path}: ${change.consequence}, found\n${all}`,
    );
  });
}

test('each consequence is shown by at least three real changes', () => {
  for (const consequence of CONSEQUENCES) {
    const count = realChanges.filter((change) => change.consequence === consequence).length;
    assert.ok(count >= 3, `${consequence} has ${count}`);
  }
});
