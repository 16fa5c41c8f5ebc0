import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CONSEQUENCES, type Consequence } from '../../../../infra/diff/consequences.ts';
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

/** What an API server must have done for a consequence to be what it says. */
const shownBy: Readonly<Partial<Record<Consequence, RegExp>>> = {
  'data-at-risk': /^refused by the API server/,
  recreated: /^the old one deleted, a new one made/,
  version: /; new (ReplicaSet|ControllerRevision) of/,
  'rolling-restart': /; new (ReplicaSet|ControllerRevision) of/,
  'applied-in-place': /^(?!refused).*; no pod template changed$/,
  nothing: /^applied(, same generation)?; no pod template changed$/,
};

test('each consequence has a change that was applied to a real API server, and what it did is what the word says', () => {
  for (const consequence of CONSEQUENCES) {
    const evidence = realChanges
      .filter((change) => change.consequence === consequence)
      .flatMap((change) => change.evidence ?? []);
    assert.ok(evidence.length > 0, consequence);
    for (const text of evidence) assert.match(text, shownBy[consequence] ?? /./, consequence);
  }
});
