import assert from 'node:assert/strict';
import { test } from 'node:test';
import { production } from '../../../infra/environments/production.ts';
import { staging } from '../../../infra/environments/staging.ts';
import type { DeployedResource } from '../../../infra/pulumi/program/replacements.ts';
import { typeOf } from '../../../infra/pulumi/program/register-platform.ts';
import { nameOf, type Manifest } from '../../../infra/pulumi/stack/platform-objects.ts';
import { deployUnderMocks, manifestsOf, refusal } from '../program/stacks.ts';

/** What the stack of an environment looks like once it is deployed. */
function deployedFrom(manifests: readonly Manifest[]): readonly DeployedResource[] {
  return manifests.map((manifest) => ({
    type: typeOf(manifest),
    urn: `urn:pulumi:production::headwater::${typeOf(manifest)}::${nameOf(manifest)}`,
    inputs: manifest,
  }));
}

/** The set of brokers with one field of its spec changed. */
function withBrokers(change: Readonly<Record<string, unknown>>): readonly DeployedResource[] {
  const manifests = manifestsOf(production).map((manifest) =>
    manifest.kind === 'StatefulSet' && manifest.metadata.name === 'kafka'
      ? { ...manifest, spec: { ...(manifest['spec'] as object), ...change } }
      : manifest,
  );
  return deployedFrom(manifests);
}

test('what is deployed may be deployed again', async () => {
  const { error } = await deployUnderMocks({
    stack: 'production',
    deployed: deployedFrom(manifestsOf(production)),
  });
  assert.equal(error, undefined);
});

const immutable = {
  selector: { matchLabels: { other: 'label' } },
  serviceName: 'other',
  podManagementPolicy: 'OrderedReady',
  revisionHistoryLimit: 3,
};
for (const [field, value] of Object.entries(immutable)) {
  test(`a set whose ${field} would change is not touched`, async () => {
    const error = await refusal({ stack: 'production', deployed: withBrokers({ [field]: value }) });
    assert.match(
      error,
      new RegExp(
        `stack production is not touched:\\n- StatefulSet headwater/kafka: ${field} cannot be changed in place`,
      ),
    );
  });
}

test('a volume that should grow is refused with the command that grows it', async () => {
  const environment = structuredClone(production);
  environment.kafka.logVolume = '300Gi';
  const error = await refusal({
    stack: 'production',
    environment,
    deployed: deployedFrom(manifestsOf(production)),
  });
  assert.match(
    error,
    /volumeClaimTemplates cannot be changed in place: \S+ 200Gi → 300Gi: npx headwater grow-volume --stack production grows the volumes/,
  );
});

test('a volume that should shrink is refused', async () => {
  const deployed = deployedFrom(
    manifestsOf({ ...production, kafka: { ...production.kafka, logVolume: '300Gi' } }),
  );
  assert.match(
    await refusal({ stack: 'production', deployed }),
    /300Gi → 200Gi: a volume cannot shrink: set the size back/,
  );
});

test('what holds data and left the environment is not deleted', async () => {
  const [set] = deployedFrom(manifestsOf(production)).filter(({ type }) => type.endsWith(':StatefulSet'));
  assert.ok(set);
  const gone = { ...(set.inputs as Manifest), metadata: { name: 'former', namespace: 'headwater' } };
  const deployed = [{ ...set, inputs: gone }];
  assert.match(
    await refusal({ stack: 'production', deployed }),
    /StatefulSet headwater\/former is no longer in the environment, and holds data/,
  );
  assert.equal((await deployUnderMocks({ stack: 'dev', deployed })).error, undefined, 'dev is thrown away');
});

test('no change of the metadata’s place leads an existing cluster there', async () => {
  const environment = { ...production, kafka: { ...production.kafka, metadata: staging.kafka.metadata } };
  const deployed = deployedFrom(manifestsOf(production));
  assert.match(
    await refusal({ stack: 'production', environment, deployed }),
    /StatefulSet headwater\/zookeeper is no longer in the environment, and holds data/,
  );
});
