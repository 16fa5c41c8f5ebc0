import assert from 'node:assert/strict';
import { test } from 'node:test';
import { differencesOf, findChanges } from '../../../infra/diff/changes.ts';
import { readFluentd, readProperties } from '../../../infra/diff/config-text.ts';
import { normalize } from '../../../infra/diff/normalize.ts';
import { pairObjects, type ManifestObject } from '../../../infra/diff/objects.ts';
import { canonicalQuantity } from '../../../infra/diff/quantity.ts';
import { applyDifferences, canonicalText, compareTrees, type Tree } from '../../../infra/diff/tree.ts';
import { environments } from '../../../infra/environments/environments.ts';
import { manifestsOf } from './real-changes/make-real-changes.ts';

const ROUNDS = 500;

/** Pseudo-random numbers, the same for the same seed, so that a failure can be repeated. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function randomTree(next: (below: number) => number, depth: number): Tree {
  const kind = next(depth > 0 ? 7 : 4);
  if (kind === 0) return next(3);
  if (kind === 1) return ['', 'a', 'b'][next(3)] ?? '';
  if (kind === 2) return next(2) === 0;
  if (kind === 3) return null;
  if (kind === 4) return Array.from({ length: next(3) }, () => randomTree(next, depth - 1));
  const keys = ['a', 'b', 'constructor', '[x]', 'c.d'].filter(() => next(2) === 0);
  return Object.fromEntries(keys.map((key) => [key, randomTree(next, depth - 1)]));
}

test('equal trees have no difference', () => {
  for (let seed = 0; seed < ROUNDS; seed += 1) {
    const [tree, same] = [seed, seed].map((value) => randomTree(numbers(value), 4));
    assert.deepEqual(compareTrees(tree ?? null, same ?? null), [], `seed ${seed}`);
  }
});

test('the differences applied to the base give the head, and undo none of it', () => {
  let compared = 0;
  for (let seed = 0; seed < ROUNDS; seed += 1) {
    const next = numbers(seed);
    const [base, head] = [randomTree(next, 4), randomTree(next, 4)];
    const differences = compareTrees(base, head);
    assert.equal(canonicalText(applyDifferences(base, differences)), canonicalText(head), `seed ${seed}`);
    if (differences.length > 0) compared += 1;
  }
  assert.ok(compared > ROUNDS / 2);
});

test('a difference that does not begin at what is there is refused', () => {
  assert.throws(
    () => applyDifferences({ a: 1 }, [{ path: ['a'], before: 2, after: 3 }]),
    /a must be 2, got 1/,
  );
});

test('from one environment to another, the differences of every pair lead to the head', async () => {
  const pairs = pairObjects(
    await manifestsOf(environments.staging),
    await manifestsOf(environments.production),
  );
  const changed = pairs.filter(({ before, after }) => before !== undefined && after !== undefined);
  assert.ok(changed.length > 20);
  for (const pair of changed) {
    if (pair.before === undefined || pair.after === undefined) continue;
    const result = applyDifferences(normalize(pair.before), differencesOf(pair));
    assert.equal(canonicalText(result), canonicalText(normalize(pair.after)), pair.after.metadata.name);
  }
});

function object(kind: string, fields: object): ManifestObject {
  return { apiVersion: 'v1', kind, metadata: { name: 'it', namespace: 'here' }, ...fields };
}

function changesBetween(before: ManifestObject, after: ManifestObject): readonly string[] {
  return findChanges({ dev: [before] }, { dev: [after] }).map(({ path }) => path);
}

test('what says the same is the same: order of keyed lists and sets, defaults, quantities', () => {
  const before = {
    type: 'ClusterIP',
    ports: [{ port: 1, protocol: 'TCP' }, { port: 2 }],
    loadBalancerSourceRanges: ['10.0.0.0/8', '11.0.0.0/8'],
    sessionAffinity: 'None',
  };
  const after = { ports: [{ port: 2 }, { port: 1 }], loadBalancerSourceRanges: ['11.0.0.0/8', '10.0.0.0/8'] };
  assert.deepEqual(
    changesBetween(object('Service', { spec: before }), object('Service', { spec: after })),
    [],
  );
  assert.equal(canonicalQuantity('1024Mi', 'value'), '1Gi');
  assert.equal(canonicalQuantity('1000m', 'value'), canonicalQuantity(1, 'value'));
  assert.notEqual(canonicalQuantity('1G', 'value'), canonicalQuantity('1Gi', 'value'));
});

test('a list whose elements no key tells apart is compared whole', () => {
  const [before, after] = [
    ['a', 'b'],
    ['b', 'a'],
  ].map((args) => object('Pod', { spec: { containers: [{ name: 'one', args }] } }));
  assert.ok(before && after);
  assert.deepEqual(changesBetween(before, after), ['spec.containers[one].args']);
});

test('files of Kafka and ZooKeeper are compared by property, whatever their order and comments', () => {
  const config = (text: string) => object('ConfigMap', { data: { 'server.properties': text } });
  assert.deepEqual(changesBetween(config('a=1\nb = 2\n'), config('# why\nb=2\na:1\n')), []);
  assert.deepEqual(changesBetween(config('a=1\nb=2\n'), config('a=1\nb=3\n')), ['data[server.properties].b']);
  assert.deepEqual(readProperties('a\\=b=c\\\\d\n'), { 'a=b': 'c\\d' });
  assert.equal(readProperties('no pair'), undefined);
});

test("Fluentd's file is compared by section and parameter, and the order of sections counts", () => {
  const section = (id: string, value: string) =>
    `<source>\n  @id ${id}\n  @type tail\n  path ${value}\n</source>\n`;
  const config = (text: string) => object('ConfigMap', { data: { 'fluent.conf': text } });
  const [one, two] = [section('one', '/a'), section('two', '/b')];
  assert.deepEqual(changesBetween(config(one + two), config(`# said\n${one}\n${two}`)), []);
  assert.deepEqual(changesBetween(config(one + two), config(one + section('two', '/c'))), [
    'data[fluent.conf][@two].path',
  ]);
  assert.deepEqual(changesBetween(config(one + two), config(two + one)), ['data[fluent.conf].order']);
  assert.equal(readFluentd('<source>\n</match>'), undefined);
});

test('a bucket of another name is renamed, whatever is changed beside it: and the risk is told', async () => {
  const { production } = environments;
  const objectStore = { ...production.objectStore, bucket: 'headwater-other-events', expiryDays: 800 };
  const names = findChanges(
    { production: await manifestsOf(production) },
    { production: await manifestsOf({ ...production, objectStore }) },
  ).filter(({ object, path }) => object.startsWith('Bucket ') && path === 'metadata.name');
  assert.deepEqual(
    names.map(({ consequence }) => consequence),
    ['data-at-risk'],
  );
});

test('an object that has only another name is renamed', () => {
  const spec = { a: 1, b: 2, c: 3, d: 4, e: 5 };
  const before = object('ConfigMap', { spec });
  const after = { ...before, metadata: { name: 'other', namespace: 'here' } };
  assert.deepEqual(changesBetween(before, after), ['metadata.name']);
});

test('secrets are masked, and still seen to differ', () => {
  const secret = (value: string) => object('Secret', { stringData: { password: value } });
  const [change] = findChanges({ dev: [secret('hunter2')] }, { dev: [secret('hunter3')] });
  assert.doesNotMatch(JSON.stringify(change), /hunter/);
  assert.notDeepEqual(change?.before, change?.after);

  const env = (value: string) =>
    object('Pod', {
      spec: {
        containers: [
          {
            name: 'one',
            env: [
              { name: 'API_TOKEN', value },
              { name: 'URL', value: `https://me:${value}@host` },
            ],
          },
        ],
      },
    });
  const properties = (value: string) =>
    object('ConfigMap', {
      data: {
        'server.properties': `ssl.key.password=${value}\nx=user password="${value}"\n`,
        'other.txt': `//me:${value}@host`,
      },
    });
  for (const make of [env, properties]) {
    const both = findChanges({ dev: [make('hunter2')] }, { dev: [make('hunter3')] });
    assert.ok(both.length >= 2);
    assert.doesNotMatch(JSON.stringify(both), /hunter/);
    assert.doesNotMatch(JSON.stringify(findChanges({ dev: [] }, { dev: [make('hunter2')] })), /hunter/);
  }
});

test('what is the same in several environments stands once', () => {
  const before = object('ConfigMap', { data: { a: 'x' } });
  const after = object('ConfigMap', { data: { a: 'y' } });
  const changes = findChanges({ dev: [before], lab: [before] }, { dev: [after], lab: [after] });
  assert.deepEqual(
    changes.map(({ environments }) => environments),
    [['dev', 'lab']],
  );
});
