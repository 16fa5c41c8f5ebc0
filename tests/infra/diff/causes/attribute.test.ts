import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { attribute, mergeAttributions, type Attribution } from '../../../../infra/diff/causes/attribute.ts';
import { seedKey } from '../../../../infra/diff/causes/cause.ts';
import { loadCode } from '../../../../infra/diff/causes/checkout-code.ts';
import { findCauses } from '../../../../infra/diff/causes/find-causes.ts';
import { applyProperties, compareEnvironments } from '../../../../infra/diff/causes/property-changes.ts';
import { findChanges, findDifferences, type Finding } from '../../../../infra/diff/changes.ts';
import { normalize } from '../../../../infra/diff/normalize.ts';
import { identify, type ManifestObject } from '../../../../infra/diff/objects.ts';
import { canonicalText, pathText, valueAt, type Tree } from '../../../../infra/diff/tree.ts';
import { environments, type EnvironmentName } from '../../../../infra/environments/environments.ts';
import { changed } from '../../refused/refusal.ts';
import { plain, reportOfEdits } from '../pull-request.ts';
import { realChanges } from '../real-changes/real-changes.ts';
import { changeByChance } from './random-changes.ts';

const code = await loadCode(join(import.meta.dirname, '../../../..'));

function sideOf(value: Tree) {
  return { value, objects: code.synthesize(value).objects };
}

function attributed(environment: EnvironmentName, after: Tree): Attribution {
  const before = sideOf(plain(environments[environment]));
  return attribute({ environment, before, after: sideOf(after) }, code);
}

/** What stands at a place of an object, by its later name where it is there; none where the object is not. */
function placeIn(
  objects: readonly ManifestObject[],
  { pair: { before, after }, difference: { path }, isSpelling }: Finding,
): string | undefined {
  const [young, old] = [after, before].map(
    (wanted) => wanted && objects.find((object) => identify(object) === identify(wanted)),
  );
  const object = young ?? old;
  const tree = object && (isSpelling ? (object as unknown as Tree) : normalize(object));
  return tree === undefined ? undefined : canonicalText(valueAt(tree, path) ?? null);
}

/** Every change has one cause of those that are told, and its properties alone, all of them, give it. */
function requireOneCause(environment: EnvironmentName, after: Tree): number {
  const before = plain(environments[environment]);
  const { changes, causes } = attributed(environment, after);
  const properties = compareEnvironments(before, after);
  const objectsOf = (value: Tree) => code.synthesize(value).objects;
  const wanted = objectsOf(after);
  const all = findChanges({ [environment]: objectsOf(before) }, { [environment]: wanted });
  assert.deepEqual(
    changes,
    all.map((change, index) => ({ ...change, cause: changes[index]?.cause })),
  );

  const outcomes = new Map<string, readonly ManifestObject[] | undefined>();
  const outcomeWith = (paths: readonly string[]): readonly ManifestObject[] | undefined => {
    const key = paths.join();
    if (!outcomes.has(key)) outcomes.set(key, outcomeOf(paths));
    return outcomes.get(key);
  };
  const outcomeOf = (paths: readonly string[]): readonly ManifestObject[] | undefined => {
    const set = properties.filter(({ path }) => paths.includes(pathText(path)));
    try {
      return objectsOf(applyProperties(before, set));
    } catch {
      return undefined;
    }
  };
  const findings = findDifferences(objectsOf(before), wanted);
  // By place: the identifier of a change depends on what else is changed, such as whether a list has other elements.
  const gives = (paths: readonly string[], finding: Finding): boolean => {
    const outcome = outcomeWith(paths);
    return outcome !== undefined && placeIn(outcome, finding) === placeIn(wanted, finding);
  };
  for (const [index, { object, path, cause }] of changes.entries()) {
    const finding = findings[index];
    assert.ok(finding);
    const own = causes.filter(({ seed }) => seedKey(seed) === cause);
    assert.equal(own.length, 1, `${object} ${path} has ${own.length} causes`);
    const paths = own.flatMap(({ seed }) => seed.properties.map((property) => property.path));
    assert.ok(paths.length > 0, `${object} ${path} comes of no property`);
    assert.ok(gives(paths, finding), `${object} ${path} does not come of ${paths.join()} alone`);
    for (const left of paths) {
      const fewer = paths.filter((other) => other !== left);
      assert.ok(!gives(fewer, finding), `${object} ${path} comes of ${paths.join()} without ${left}`);
    }
  }
  return Math.max(0, ...causes.map(({ seed }) => seed.properties.length));
}

for (const { what, environment, edit } of realChanges) {
  if (!('values' in edit)) continue;
  test(`${environment} ${what}: every change has exactly one cause, which alone gives it`, () => {
    requireOneCause(environment, changed({ environment, changes: edit.values }) as Tree);
  });
}

test('every change of several properties by chance has exactly one cause, which alone gives it', (t) => {
  const seed = Number(process.env['FUZZ_SEED'] ?? 20_261_130);
  t.diagnostic(`FUZZ_SEED=${seed}`);
  const sizes = (['production', 'staging', 'dev', 'lab'] as const).map((environment, index) =>
    requireOneCause(environment, changeByChance(environment, 5, seed + index, code)),
  );
  assert.ok(Math.max(...sizes) >= 1);
});

test('what only two properties give together is of both, and of no third', () => {
  const exposure = {
    kind: 'node-port',
    hosts: ['a.example.com', 'b.example.com', 'c.example.com'],
    firstNodePort: 31_000,
  };
  const changes = {
    'kafka.exposure': exposure,
    'network.kafkaClientCidrs': ['10.9.0.0/16'],
    'kafka.logVolume': '300Gi',
  };
  const after = changed({ environment: 'production', changes }) as Tree;
  assert.equal(requireOneCause('production', after), 2);
  assert.deepEqual(
    attributed('production', after)
      .causes.map(({ seed }) => seed.properties.map(({ path }) => path).join())
      .sort(),
    ['kafka.exposure,network.kafkaClientCidrs', 'kafka.logVolume'],
  );
});

test('a property that changes no manifest is told, with no change', () => {
  const after = changed({
    environment: 'production',
    changes: { 'aws.consumerRole.clusterName': 'other' },
  }) as Tree;
  const { changes, causes } = attributed('production', after);
  assert.deepEqual(changes, []);
  assert.deepEqual(
    causes.map(({ seed }) => seed),
    [
      {
        kind: 'properties',
        properties: [{ path: 'aws.consumerRole.clusterName', before: 'production', after: 'other' }],
      },
    ],
  );
});

test('an environment that one side alone has is one cause', () => {
  const value = plain(environments.dev);
  for (const [name, sides] of [
    ['added', { after: sideOf(value) }],
    ['removed', { before: sideOf(value) }],
  ] as const) {
    const { changes, causes } = attribute({ environment: 'dev', ...sides }, code);
    assert.ok(changes.length > 50);
    assert.deepEqual(
      causes.map(({ seed }) => seed),
      [{ kind: 'environment', name, properties: [] }],
    );
  }
});

test('what no property explains is of the construct that rendered it, or of the image', async () => {
  const edits = realChanges.flatMap(({ edit, environment }) =>
    'file' in edit && environment === 'dev' ? [edit] : [],
  );
  const { changes, causes } = await reportOfEdits(edits);
  assert.ok(changes.length > 0);
  for (const { cause, environments: places } of changes) {
    const own = causes.filter(({ id }) => id === cause);
    assert.equal(own.length, 1);
    assert.deepEqual(
      places.filter((name) => own[0]?.environments.includes(name)),
      places,
    );
  }
  const names = causes.map(({ kind, name, properties: [first] }) => `${kind} ${name ?? first?.path ?? ''}`);
  for (const expected of [
    'code SecureNamespace',
    'code Producer',
    'code Topics',
    'image ghcr.io/headwater/producer',
    'image ghcr.io/headwater/kafka',
    'image docker.io/fluent/fluentd-kubernetes-daemonset',
  ]) {
    assert.ok(names.includes(expected), `${expected} is none of ${names.join(', ')}`);
  }
});

test('a cause has the same identifier for the same values, and another one for any other', () => {
  const idOf = (volume: string): string | undefined => {
    const after = changed({ environment: 'production', changes: { 'kafka.logVolume': volume } }) as Tree;
    return mergeAttributions(new Map([['production', attributed('production', after)]])).causes[0]?.id;
  };
  assert.match(idOf('150Gi') ?? '', /^[0-9a-f]{12}$/);
  assert.equal(idOf('150Gi'), idOf('150Gi'));
  assert.notEqual(idOf('150Gi'), idOf('151Gi'));
});

test('where the head’s code cannot be asked, that is said and every change is the code’s', async () => {
  const after = changed({ environment: 'dev', changes: { 'kafka.logVolume': '20Gi' } }) as Tree;
  const sides = { environment: 'dev', before: sideOf(plain(environments.dev)), after: sideOf(after) };
  const { attributions, error } = await findCauses(join(import.meta.dirname, 'nowhere'), [sides]);
  assert.match(error ?? '', /Cannot find module .*nowhere/);
  const { changes, causes } = mergeAttributions(attributions);
  assert.equal(changes.length, 1);
  assert.deepEqual(
    causes.map(({ id, kind }) => [id, kind]),
    [[changes[0]?.cause, 'code']],
  );
});
