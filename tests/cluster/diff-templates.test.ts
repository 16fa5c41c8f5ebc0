import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { findChanges } from '../../infra/diff/changes.ts';
import { TEMPLATE_DEFAULTS } from '../../infra/diff/defaults.ts';
import { objectText, type ManifestObject } from '../../infra/diff/objects.ts';
import { canonicalText, type Tree } from '../../infra/diff/tree.ts';
import { environments } from '../../infra/environments/environments.ts';
import { Chance } from '../apps/producer/chance.ts';
import { edited, mutationsOf } from '../infra/diff/mutations/mutations.ts';
import { manifestsOf } from '../infra/diff/real-changes/make-real-changes.ts';
import { startApiServer, type ApiServer } from '../lab/api-server.ts';
import { inputOf } from '../lab/cluster.ts';
import { CONTROLLED_KINDS, fullWorkload, placesOf } from './truth/full-workload.ts';
import { needs } from '../runner/needs.ts';
import { AppliedEnvironment } from './truth/applied-environment.ts';

const SAMPLE = 500;
const SEED = Number(process.env['FUZZ_SEED'] ?? 20_261_201);
const TEMPLATE = ['spec', 'template'];

describe('what a real API server makes of a pod template', needs('etcd', 'openssl'), () => {
  let directory: string;
  let server: ApiServer;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'headwater-templates-'));
    server = await startApiServer({ directory, controllerManager: true });
  });

  after(async () => {
    await server.stop();
    await rm(directory, { recursive: true });
  });

  /** The templates as the API server would store them, none of what it refuses; nothing is stored. */
  function storedTemplates(workloads: readonly ManifestObject[]): readonly (string | undefined)[] {
    const named = workloads.map((workload, index) => ({
      ...workload,
      metadata: { ...workload.metadata, namespace: 'default', name: `number-${index}` },
    }));
    // Unlike apply, it says what became of the others where one is refused.
    const words = 'create --dry-run=server --validate=strict -o json -f -'.split(' ');
    const { output, errors } = server.cluster.try(words, inputOf(named));
    // One object after the other, each over several lines.
    const items = output.split(/^(?=\{)/m).filter(Boolean);
    if (items.length === 0) throw new Error(errors);
    const stored = new Map(
      items
        .map((item) => JSON.parse(item) as ManifestObject)
        .map((item) => [item.metadata.name, templateText(item)]),
    );
    return named.map(({ metadata }) => stored.get(metadata.name));
  }

  it('stores the same template with what the diff takes for its own default, and without', () => {
    const constant = TEMPLATE_DEFAULTS.filter(({ value }) => typeof value !== 'function');
    const cases = constant.flatMap(({ kinds = [], path, value }) =>
      kinds.flatMap((kind) =>
        placesOf(fullWorkload(kind), path).map((place) => {
          const without = fullWorkload(kind);
          return { what: `${kind} ${place.join('.')}`, without, said: edited(without, place, () => value) };
        }),
      ),
    );
    assert.ok(cases.length > 60);
    const without = storedTemplates(cases.map((one) => one.without));
    const said = storedTemplates(cases.map((one) => one.said as ManifestObject));
    for (const [index, { what }] of cases.entries()) {
      assert.notEqual(said[index], undefined, `${what} is refused`);
      assert.equal(said[index], without[index], what);
    }
  });

  it('fills in the pull policy by the tag of the image, as the diff takes it', () => {
    const digest = `@sha256:${'0'.repeat(64)}`;
    const images = ['one', 'one:1', 'one:latest', 'host:5000/one', 'host:5000/one:1'].flatMap((image) => [
      image,
      `${image}${digest}`,
    ]);
    const cases = images.flatMap((image) => {
      const without = edited(fullWorkload('Deployment'), [...CONTAINER, 'image'], () => image);
      return ['Always', 'IfNotPresent', 'Never'].map((policy) => ({
        what: `${policy} of ${image}`,
        without: without as ManifestObject,
        said: edited(without, [...CONTAINER, 'imagePullPolicy'], () => policy) as ManifestObject,
      }));
    });
    const without = storedTemplates(cases.map((one) => one.without));
    const said = storedTemplates(cases.map((one) => one.said));
    for (const [index, one] of cases.entries()) {
      assert.notEqual(said[index], undefined, `${one.what} is refused`);
      const told = restartedBy([one.without], [one.said]).length > 0;
      assert.equal(told, said[index] !== without[index], one.what);
    }
  });

  it(`stores another template in exactly those of ${SAMPLE} changes that the diff takes for a restart`, async (t) => {
    t.diagnostic(`FUZZ_SEED=${SEED}`);
    const chance = new Chance(SEED);
    const platforms = await Promise.all(Object.values(environments).map(manifestsOf));
    const workloads = platforms.flat().filter(({ kind }) => CONTROLLED_KINDS.includes(kind));
    const samples = Array.from({ length: SAMPLE }, () => {
      const workload = chance.pick(workloads);
      const { text, apply } = chance.pick(mutationsOf(workload, TEMPLATE));
      return {
        what: `${objectText(workload)} ${text}`,
        workload,
        mutated: apply(workload) as ManifestObject,
      };
    });
    const old = storedTemplates(samples.map(({ workload }) => workload));
    const young = storedTemplates(samples.map(({ mutated }) => mutated));
    let taken = 0;
    for (const [index, { what, workload, mutated }] of samples.entries()) {
      assert.notEqual(old[index], undefined, objectText(workload));
      if (young[index] === undefined) continue;
      const told = restartedBy([workload], [mutated]).length > 0;
      assert.equal(told, old[index] !== young[index], `FUZZ_SEED=${SEED}: ${what}`);
      taken += 1;
    }
    t.diagnostic(`${taken} of ${SAMPLE} were taken`);
    assert.ok(taken > SAMPLE / 4);
  });

  for (const kind of CONTROLLED_KINDS) {
    it(`${kind}: its controller makes a new revision for what the diff takes for a restart, and for nothing else`, async () => {
      const applied = new AppliedEnvironment(server.cluster, `${kind.toLowerCase()}-`);
      const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'here' } };
      let current = [namespace, fullWorkload(kind)];
      await applied.moveTo(current);
      for (const { what, change } of STEPS) {
        const next = [namespace, change(fullWorkload(kind)) as ManifestObject];
        const { rolled, refused } = await applied.moveTo(next);
        assert.deepEqual([...refused], [], what);
        assert.deepEqual([...rolled.keys()], restartedBy(current, next), what);
        current = next;
      }
    });
  }
});

function templateText({ kind, spec }: ManifestObject): string {
  const { template } = spec as { readonly template: Record<string, Tree> };
  // A Job's pods are labelled with its random uid.
  return canonicalText(kind === 'Job' ? { ...template, metadata: null } : template);
}

function restartedBy(before: readonly ManifestObject[], after: readonly ManifestObject[]): readonly string[] {
  const changes = findChanges({ it: before }, { it: after });
  const restarts = changes.flatMap((change) => change.restarts['it'] ?? []);
  return [...new Set(restarts.map(({ workload }) => workload))];
}

interface Step {
  readonly what: string;
  readonly change: (workload: ManifestObject) => unknown;
}

const POD = [...TEMPLATE, 'spec'];
const CONTAINER = [...POD, 'containers', '0'];

function set(what: string, place: readonly string[], value: unknown): Step {
  return { what, change: (workload) => edited(workload, place, () => value) };
}

function swap(list: readonly string[]): Step {
  return {
    what: `another order of ${list.join('.')}`,
    change: (workload) => edited(workload, list, (held) => (held as readonly unknown[]).toReversed()),
  };
}

const NOTHING = set('nothing', [...POD, 'nodeName'], undefined);

/** Each is made to the workload as it was first, so that what is said twice in a row is what comes of saying it. */
const STEPS: readonly Step[] = [
  swap([...CONTAINER, 'env']),
  swap([...CONTAINER, 'ports']),
  swap([...CONTAINER, 'volumeMounts']),
  swap([...CONTAINER, 'securityContext', 'capabilities', 'drop']),
  swap([...POD, 'volumes']),
  NOTHING,
  set('the grace period that is the default', [...POD, 'terminationGracePeriodSeconds'], 30),
  set('the token that is the default', [...POD, 'automountServiceAccountToken'], true),
  NOTHING,
  set('the service links that are the default', [...POD, 'enableServiceLinks'], true),
  NOTHING,
  set('a quantity in another unit', [...CONTAINER, 'resources', 'limits', 'memory'], '1024Mi'),
  set('a quantity as a plain number', [...CONTAINER, 'resources', 'limits', 'memory'], '1073741824'),
  set('another quantity', [...CONTAINER, 'resources', 'limits', 'memory'], '1073741825'),
];
