import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Environment } from '../../../infra/environments/environment.ts';
import { environment as schema } from '../../../infra/environments/environment.ts';
import { readEnvironment } from '../../../infra/environments/read-environment.ts';
import { objectsOf } from '../../policies/platform-objects.ts';
import { deployUnderMocks } from '../../pulumi/program/stacks.ts';
import { maximalEnvironments } from './maximal-environments.ts';
import { otherValues } from './other-values.ts';
import { leafPaths, leavesOf, type Leaf } from './schema-leaves.ts';

/** Properties whose effect is neither in a manifest nor in what Pulumi registers, and where it is seen instead. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  name: 'the directory of the manifests, and the stack: tests/infra/read-environment.test.ts',
  'kafka.metadata(zookeeper).version': 'one version is taken, each other is refused: tests/infra/refused',
  'kafka.metadata(kraft).version': 'one version is taken, each other is refused: tests/infra/refused',
};

/** What the cluster must have for one of the environments or another. */
const CLUSTER = { priorityClasses: ['important', 'on-each-node'] };

interface Met extends Leaf {
  readonly base: Environment;
}

const met: readonly Met[] = maximalEnvironments.flatMap((base) =>
  leavesOf(schema, base).map((leaf) => ({ ...leaf, base })),
);
const paths = [...new Set(leafPaths(schema))];
const made = new Map<Environment, string | undefined>();

/** What an environment makes of the cluster; undefined where it is refused. */
function manifestsOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(objectsOf(readEnvironment(value)));
  } catch {
    return undefined;
  }
}

function manifestsOfBase(base: Environment): string | undefined {
  if (!made.has(base)) made.set(base, manifestsOf(base));
  return made.get(base);
}

/** What Pulumi registers for it, the cloud's resources among that; undefined where it is refused. */
async function registeredFor(environment: Environment): Promise<string | undefined> {
  const { registered, warnings, error } = await deployUnderMocks({
    stack: environment.name,
    environment,
    cluster: CLUSTER,
  });
  return error === undefined ? JSON.stringify([registered, warnings]) : undefined;
}

/** What is compared: an environment, and the same with one property changed. */
interface Change {
  readonly base: Environment;
  readonly changed: Environment;
}

/** Another value at the leaf; for what chooses between shapes, this shape in place of another, and the reverse. */
function changesOf({ keys, base, ...leaf }: Met): readonly Change[] {
  if (!leaf.isChoice) {
    return otherValues({ ...leaf, keys }).map((value) => ({ base, changed: withValue(base, keys, value) }));
  }
  const place = keys.slice(0, -1);
  const shape = valueAt(base, place);
  const list = valueAt(base, place.slice(0, -1));
  const siblings: readonly unknown[] = Array.isArray(list) ? list : [];
  const isOther = (other: unknown): boolean =>
    other !== undefined && valueAt(other, keys.slice(-1)) !== leaf.value;
  return [
    ...siblings.filter(isOther).map((other) => ({ base, changed: withValue(base, place, other) })),
    ...maximalEnvironments
      .filter((other) => isOther(valueAt(other, place)))
      .flatMap((other) => [
        { base, changed: withValue(base, place, valueAt(other, place)) },
        { base: other, changed: withValue(other, place, shape) },
      ]),
  ];
}

function valueAt(value: unknown, keys: readonly string[]): unknown {
  return keys.reduce<unknown>(
    (current, key) =>
      typeof current === 'object' && current !== null ? Reflect.get(current, key) : undefined,
    value,
  );
}

function withValue(base: Environment, keys: readonly string[], value: unknown): Environment {
  const copy: Environment = structuredClone(base);
  const last = keys.at(-1) ?? '';
  Reflect.set(Object(valueAt(copy, keys.slice(0, -1))) as object, last, structuredClone(value));
  return copy;
}

/** Whether another value of the property, in one environment or another, is taken and makes a difference that somebody sees. */
async function hasEffect(path: string): Promise<boolean> {
  const changes = met.filter((leaf) => leaf.path === path).flatMap(changesOf);
  for (const { base, changed } of changes) {
    const manifests = manifestsOf(changed);
    if (manifests !== undefined && manifests !== manifestsOfBase(base)) return true;
  }
  for (const { base, changed } of changes) {
    const registered = await registeredFor(changed);
    if (registered !== undefined && registered !== (await registeredFor(base))) return true;
  }
  return false;
}

suite('every property of an environment has an effect', () => {
  test('each of them is in one of the environments that are looked at', () => {
    const found = new Set(met.map(({ path }) => path));
    assert.deepEqual(
      paths.filter((path) => !found.has(path)),
      [],
    );
  });

  test('each whose effect is seen elsewhere is one', () => {
    assert.deepEqual(
      Object.keys(ELSEWHERE).filter((path) => !paths.includes(path)),
      [],
    );
  });

  test('each of these environments is accepted', () => {
    for (const base of maximalEnvironments) assert.ok(objectsOf(readEnvironment(base)).length > 0);
  });

  for (const path of paths.filter((one) => !(one in ELSEWHERE))) {
    test(path, async () => {
      assert.ok(await hasEffect(path), `${path}: no other value makes a difference`);
    });
  }
});
