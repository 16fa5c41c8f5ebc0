import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { findChanges, type Change } from '../../../infra/diff/changes.ts';
import { objectText, type ManifestObject } from '../../../infra/diff/objects.ts';
import { canonicalText, type Tree } from '../../../infra/diff/tree.ts';
import { environments } from '../../../infra/environments/environments.ts';
import { Chance } from '../../apps/producer/chance.ts';
import { allEnvironments } from '../all-environments.ts';
import { edited, mutateByChance, mutationsOf } from './mutations/mutations.ts';
import { manifestsOf } from './real-changes/make-real-changes.ts';

const WORKLOADS = ['StatefulSet', 'Deployment', 'DaemonSet'];
const TEMPLATE = ['spec', 'template'];
const HASH = [...TEMPLATE, 'metadata', 'annotations', 'headwater/config-hash'];

/** Rounds of changes by chance in each environment. */
const ROUNDS = 150;
const SEED = Number(process.env['FUZZ_SEED'] ?? 20_261_201);

/**
 * What the API server writes into a template where nothing is said: to say it, or not, is no change. A real one is asked
 * in tests/cluster/diff-templates.test.ts.
 */
const WRITTEN_BY_THE_API_SERVER: readonly (readonly [RegExp, unknown])[] = [
  // Of an image with a tag, as all of these have.
  [/ontainers\.\d+\.imagePullPolicy$/, 'IfNotPresent'],
  [/ports\.\d+\.protocol$/, 'TCP'],
  [/volumeMounts\.\d+\.readOnly$/, false],
  [/^spec\.dnsPolicy$/, 'ClusterFirst'],
  [/^spec\.restartPolicy$/, 'Always'],
  [/^spec\.terminationGracePeriodSeconds$/, 30],
  [/^spec\.hostNetwork$/, false],
  [/Probe\.failureThreshold$/, 3],
  [/Probe\.(successThreshold|timeoutSeconds)$/, 1],
  [/Probe\.periodSeconds$/, 10],
  [/Probe\.httpGet\.scheme$/, 'HTTP'],
  [/fieldRef\.apiVersion$/, 'v1'],
];

const platforms = await Promise.all(
  Object.values(allEnvironments).map(async (environment) => ({
    name: environment.name,
    objects: await manifestsOf(environment),
  })),
);

const templates = new WeakMap<ManifestObject, string>();

/** A pod template as the API server keeps it, apart from what it writes into every one. */
function templateOf(workload: ManifestObject): string {
  const known = templates.get(workload) ?? storedTemplate(workload);
  templates.set(workload, known);
  return known;
}

function storedTemplate({ spec }: ManifestObject): string {
  const strip = (value: unknown, place: string): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    const pairs = Object.entries(value).map(([key, inner]): [string, unknown] => {
      const inside = place === '' ? key : `${place}.${key}`;
      const isWritten = WRITTEN_BY_THE_API_SERVER.some(
        ([known, said]) => said === inner && known.test(inside),
      );
      return [key, isWritten ? undefined : strip(inner, inside)];
    });
    const kept = pairs.filter(([, inner]) => inner !== undefined);
    return Array.isArray(value) ? kept.map(([, inner]) => inner) : Object.fromEntries(kept);
  };
  return canonicalText(strip((spec as { readonly template: unknown }).template, '') as Tree);
}

/** Workloads of which a change says that their pods are replaced, and that something comes of it. */
function restartedBy(changes: readonly Change[]): readonly string[] {
  const telling = changes.filter(({ consequence }) => !['nothing', 'applied-in-place'].includes(consequence));
  const restarts = telling.flatMap((change) => change.restarts['it'] ?? []);
  return [...new Set(restarts.map(({ workload }) => workload))];
}

test('every single change of every pod template is told as one that replaces its pods', (t) => {
  // The same change of the same place of another environment would say nothing more.
  const told = new Set<string>();
  for (const workload of platforms.flatMap(({ objects }) => objects)) {
    if (!WORKLOADS.includes(workload.kind)) continue;
    for (const { text, apply } of mutationsOf(workload, TEMPLATE)) {
      const what = `${objectText(workload)} ${text}`;
      const mutated = apply(workload) as ManifestObject;
      if (told.has(what) || templateOf(workload) === templateOf(mutated)) continue;
      const restarted = restartedBy(findChanges({ it: [workload] }, { it: [mutated] }));
      assert.deepEqual(restarted, [objectText(workload)], what);
      told.add(what);
    }
  }
  t.diagnostic(`${told.size} changes`);
  assert.ok(told.size > 2_000);
});

for (const { name, objects } of platforms.filter(({ name }) => name in environments)) {
  test(`${name}: whatever changes of several objects, no pod is replaced untold`, (t) => {
    t.diagnostic(`FUZZ_SEED=${SEED}`);
    const chance = new Chance(SEED);
    let replaced = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      const [after, texts] = changedByChance(objects, chance);
      const restarted = restartedBy(findChanges({ it: objects }, { it: after }));
      const how = `FUZZ_SEED=${SEED}, round ${round}:\n${texts.join('\n')}`;
      for (const [at, workload] of objects.entries()) {
        const young = after[at];
        if (young === undefined || !WORKLOADS.includes(workload.kind)) continue;
        const isReplaced = templateOf(workload) !== templateOf(young);
        assert.equal(restarted.includes(objectText(workload)), isReplaced, `${objectText(workload)}, ${how}`);
        if (isReplaced) replaced += 1;
      }
    }
    t.diagnostic(`${replaced} pod templates`);
    assert.ok(replaced > ROUNDS / 2);
  });
}

/** Some of the objects changed; every other one a workload, or one with the files of workloads. */
function changedByChance(
  objects: readonly ManifestObject[],
  chance: Chance,
): readonly [readonly ManifestObject[], readonly string[]] {
  const after = [...objects];
  const said: string[] = [];
  for (let left = 1 + chance.below(4); left > 0; left -= 1) {
    const kinds = chance.next() < 0.5 ? [...WORKLOADS, 'ConfigMap'] : undefined;
    const at = chance.pick(
      [...after.keys()].filter((key) => kinds?.includes(after[key]?.kind ?? '') ?? true),
    );
    const object = after[at];
    if (object === undefined || (object.kind !== 'ConfigMap' && !('spec' in object))) continue;
    const root = WORKLOADS.includes(object.kind) ? TEMPLATE : ['spec'];
    const [changed, texts] =
      object.kind === 'ConfigMap' ? withAnotherText(object, chance) : mutateByChance(object, root, chance);
    after[at] = changed;
    said.push(...texts.map((text) => `${objectText(object)} ${text}`));
    if (object.kind === 'ConfigMap') hashAnew(after, changed);
  }
  return [after, said];
}

/** The ConfigMap with a line of one of its files changed, doubled, taken out or moved. */
function withAnotherText(
  configMap: ManifestObject,
  chance: Chance,
): readonly [ManifestObject, readonly string[]] {
  const data = configMap['data'] as Readonly<Record<string, string>>;
  const file = chance.pick(Object.keys(data));
  const lines = (data[file] ?? '').split('\n');
  const at = chance.below(lines.length);
  const line = lines[at] ?? '';
  const edits = {
    'a comment before': () => lines.toSpliced(at, 0, '# x'),
    'a blank behind': () => lines.with(at, `${line} `),
    'another character': () => lines.with(at, `${line.slice(0, -1)}7`),
    doubled: () => lines.toSpliced(at, 0, line),
    gone: () => lines.toSpliced(at, 1),
    first: () => [line, ...lines.toSpliced(at, 1)],
  };
  const edit = chance.pick(Object.keys(edits) as (keyof typeof edits)[]);
  const text = edits[edit]().join('\n');
  return [{ ...configMap, data: { ...data, [file]: text } }, [`${file} line ${at + 1}: ${edit}`]];
}

/** As ConfigFiles does: another text, another hash in the templates of the pods that mount it. */
function hashAnew(objects: ManifestObject[], configMap: ManifestObject): void {
  const { name, namespace } = configMap.metadata;
  for (const [at, workload] of objects.entries()) {
    if (!WORKLOADS.includes(workload.kind) || workload.metadata.namespace !== namespace) continue;
    if (!JSON.stringify(workload).includes(`"configMap":{"name":"${name}"`)) continue;
    const hash = createHash('sha256').update(JSON.stringify(configMap['data'])).digest('hex').slice(0, 16);
    objects[at] = edited(workload, HASH, (held) => (held === undefined ? undefined : hash)) as ManifestObject;
  }
}
