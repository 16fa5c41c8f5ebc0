import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { findChanges } from '../../infra/diff/changes.ts';
import type { ManifestObject } from '../../infra/diff/objects.ts';
import { makeAlone } from '../infra/diff/real-changes/make-real-changes.ts';
import type { RealChange } from '../infra/diff/real-changes/real-change.ts';
import { realChanges } from '../infra/diff/real-changes/real-changes.ts';
import { startApiServer, type ApiServer } from '../lab/api-server.ts';
import { customResourceDefinition } from '../lab/custom-resources.ts';
import { needs } from '../runner/needs.ts';
import { AppliedEnvironment, type Outcome } from './truth/applied-environment.ts';

/** Rules that say of a field that it is immutable. */
const IMMUTABLE = ['claim-template', 'claim-template-grown', 'set-immutable', 'selector', 'service-address'];

const shown = realChanges.filter(({ evidence }) => evidence !== undefined);

describe('what a real API server does when a change is applied', needs('etcd', 'openssl'), () => {
  let directory: string;
  let server: ApiServer;
  const environments = new Map<string, AppliedEnvironment>();

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'headwater-truth-'));
    server = await startApiServer({ directory, controllerManager: true });
  });

  after(async () => {
    await server.stop();
    await rm(directory, { recursive: true });
  });

  for (const change of shown) {
    it(`${change.environment} ${change.what}: ${change.evidence ?? ''}`, async () => {
      const { environment } = change;
      const sides = await makeAlone(change);
      const known = environments.get(environment);
      const applied = known ?? new AppliedEnvironment(server.cluster, `${environment}-`);
      environments.set(environment, applied);
      if (known === undefined) defineKinds(server, [...sides.before, ...sides.after]);
      assert.deepEqual((await applied.moveTo(sides.before)).refused, new Map());
      const outcome = await applied.moveTo(sides.after);

      const changes = findChanges({ [environment]: sides.before }, { [environment]: sides.after });
      const refused = changes.filter(({ rule }) => IMMUTABLE.includes(rule)).map(({ object }) => object);
      assert.deepEqual([...outcome.refused.keys()].sort(), [...new Set(refused)].sort());
      const restarts = changes
        .flatMap((one) => one.restarts[environment] ?? [])
        .map(({ workload }) => workload);
      const rolled = new Set(restarts.filter((workload) => !refused.includes(workload)));
      assert.deepEqual([...outcome.rolled.keys()].sort(), [...rolled].sort());
      assert.equal(describeOutcome(change, outcome), change.evidence);
      if (change.consequence === 'nothing') assert.notEqual(outcome.generations.get(change.object), 'new');
    });
  }
});

/** What became of the object that shows the change, and of the pods of every workload. */
function describeOutcome({ object }: RealChange, outcome: Outcome): string {
  const pods = [...outcome.rolled].map(([workload, revision]) => `${revision} of ${workload}`).sort();
  return [ownOutcome(object, outcome), ...(pods.length === 0 ? ['no pod template changed'] : pods)].join(
    '; ',
  );
}

function ownOutcome(object: string, { refused, made, deleted, generations }: Outcome): string {
  const why = refused.get(object);
  if (why !== undefined) return `refused by the API server (${/Forbidden|immutable/.exec(why)?.[0] ?? why})`;
  if (made.includes(object)) return deleted.includes(object) ? 'the old one deleted, a new one made' : 'made';
  if (deleted.includes(object)) return 'deleted';
  const generation = generations.get(object);
  return generation === undefined ? 'applied' : `applied, ${generation} generation`;
}

/** Kinds that neither Kubernetes nor this test has brought yet. */
function defineKinds({ cluster }: ApiServer, objects: readonly ManifestObject[]): void {
  const custom = objects.filter(({ apiVersion }) => CUSTOM_GROUPS.test(apiVersion));
  const kinds = new Map(
    custom.map(({ apiVersion, kind }) => [`${apiVersion} ${kind}`, [apiVersion, kind] as const]),
  );
  const items = [...kinds.values()].map(([apiVersion, kind]) => customResourceDefinition(apiVersion, kind));
  if (items.length > 0) cluster.define(items);
}

const CUSTOM_GROUPS =
  /^(gateway\.networking\.k8s\.io|gateway\.envoyproxy\.io|keda\.sh|cert-manager\.io|monitoring\.coreos\.com)\//;
