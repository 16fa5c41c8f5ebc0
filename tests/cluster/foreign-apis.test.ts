import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { KubeConfig } from '@kubernetes/client-node';
import { parseAllDocuments } from 'yaml';
import { commandOutput } from '../../infra/local/command.ts';
import type { Environment } from '../../infra/environments/environment.ts';
import { environments } from '../../infra/environments/environments.ts';
import { buildPlatform } from '../../infra/platform.ts';
import { readCluster } from '../../infra/pulumi/preflight/cluster.ts';
import { checkCluster, questionsFor } from '../../infra/pulumi/preflight/cluster-requirements.ts';
import { FOREIGN_APIS } from '../../infra/pulumi/preflight/foreign-apis.ts';
import { schemaProblems, type ObjectSchema } from '../../infra/pulumi/preflight/object-schema.ts';
import { readObjects } from '../../infra/pulumi/stack/platform-objects.ts';
import { startApiServer } from '../lab/api-server.ts';
import type { Manifest } from '../infra/manifests.ts';
import { needs } from '../runner/needs.ts';
import { describe as nameOf, everyEnvironment, objectsOf } from '../policies/platform-objects.ts';

interface Release {
  readonly module: string;
  /** The newest patch of the lowest release. */
  readonly version: string;
  /** Checksum of the module, as go.sum has it. */
  readonly sum: string;
  readonly definitions: string;
  /** The release before, where there is one that does not know a field of ours. */
  readonly before?: { readonly version: string; readonly sum: string; readonly lacks: RegExp };
}

/** Where each lowest release can be had, by group; NGINX Gateway Fabric is in no registry. */
const RELEASES: Readonly<Record<string, Release>> = {
  'cert-manager.io': {
    module: 'github.com/cert-manager/cert-manager',
    version: 'v1.11.5',
    sum: 'h1:K2LurvwIE4hIhODQZnkOW6ljYe3lVMAliS/to+gI05o=',
    definitions: 'deploy/crds',
  },
  'gateway.envoyproxy.io': {
    module: 'github.com/envoyproxy/gateway',
    version: 'v1.4.1',
    sum: 'h1:taIKWv2Euso4gFQQA8BgFuu2JordhOjLm9bjTyKv6xA=',
    definitions: 'charts/gateway-helm/crds/generated',
    before: {
      version: 'v1.3.0',
      sum: 'h1:c/JpMvgIylKbaCUEMjLdSPHRq7B4S3wsqpVVv/30U50=',
      lacks: /spec\.requestBuffer is not known/,
    },
  },
  'gateway.networking.k8s.io': {
    module: 'sigs.k8s.io/gateway-api',
    version: 'v1.2.1',
    sum: 'h1:fZZ/+RyRb+Y5tGkwxFKuYuSRQHu9dZtbjenblleOLHM=',
    definitions: 'config/crd/standard',
    before: {
      version: 'v1.1.0',
      sum: 'h1:DsLDXCi6jR+Xz8/xd0Z1PYl2Pn0TyaFMOPPZIj4inDM=',
      lacks: /spec\.rules\[0\]\.timeouts is not known/,
    },
  },
  'keda.sh': {
    module: 'github.com/kedacore/keda/v2',
    version: 'v2.12.0',
    sum: 'h1:yvonNclPzmqIW9S9/aVMjeBnCsS6a85MXtXrK9nma9M=',
    definitions: 'config/crd/bases',
  },
  'monitoring.coreos.com': {
    module: 'github.com/prometheus-operator/prometheus-operator',
    version: 'v0.60.0',
    sum: 'h1:A122wUSE533tXMuhWe+czVnDi24wMwbStAsRmLQHmrg=',
    definitions: 'example/prometheus-operator-crd',
  },
};

const { production } = environments;

/** Every object of others' kinds that an environment can have. */
function foreignObjects(): readonly Manifest[] {
  const environment: Environment = {
    ...production,
    network: { ...production.network, edgeClientCidrs: ['203.0.113.0/24'] },
  };
  return [...everyEnvironment().flatMap(({ objects }) => objects), ...objectsOf(environment)];
}

interface Definition {
  readonly kind: string;
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string };
    readonly versions: readonly {
      readonly name: string;
      readonly schema: { readonly openAPIV3Schema: ObjectSchema };
    }[];
  };
}

/** The kinds that a release brings. */
async function definitionsOf(
  { module, definitions }: Release,
  { version, sum }: Pick<Release, 'version' | 'sum'>,
): Promise<readonly Definition[]> {
  const text = await commandOutput('go', ['mod', 'download', '-json', `${module}@${version}`], {
    host: process,
    cwd: '/',
  });
  const downloaded = JSON.parse(text) as { readonly Dir: string; readonly Sum: string };
  assert.equal(downloaded.Sum, sum, `${module}@${version} is not what was pinned`);
  const directory = join(downloaded.Dir, definitions);
  const files = readdirSync(directory).filter((file) => file.endsWith('.yaml'));
  const documents = files.flatMap((file) =>
    // Templates of Helm are in some of them.
    parseAllDocuments(readFileSync(join(directory, file), 'utf8').replace(/^\s*\{\{.*\}\}\s*$/gm, '')),
  );
  return documents
    .map((document) => document.toJSON() as Definition | null)
    .filter((value) => value?.kind === 'CustomResourceDefinition')
    .map((value) => value as Definition);
}

/** Schemas by `group/version/Kind`. */
function schemasOf(definitions: readonly Definition[]): ReadonlyMap<string, ObjectSchema> {
  return new Map(
    definitions.flatMap(({ spec: { group, names, versions } }) =>
      versions.map(({ name, schema }) => [`${group}/${name}/${names.kind}`, schema.openAPIV3Schema] as const),
    ),
  );
}

/** What a release says of our objects of its group. */
function problemsOf(group: string, schemas: ReadonlyMap<string, ObjectSchema>): readonly string[] {
  const ours = foreignObjects().filter(({ apiVersion }) => apiVersion.startsWith(`${group}/`));
  assert.ok(ours.length > 0, `no object of ${group}`);
  return ours.flatMap((object) => {
    const schema = schemas.get(`${object.apiVersion}/${object.kind}`);
    if (schema === undefined) return [`${object.apiVersion} ${object.kind} is not served`];
    return schemaProblems(schema, object).map((problem) => `${nameOf(object)}: ${problem}`);
  });
}

describe('the lowest release of each API of others', () => {
  for (const [group, release] of Object.entries(RELEASES)) {
    test(`${group}: ${release.version} takes everything that is made here`, async () => {
      const lowest = FOREIGN_APIS[group]?.lowest ?? '';
      assert.ok(release.version.startsWith(`v${lowest}.`), `${release.version} is no patch of ${lowest}`);
      assert.deepEqual(problemsOf(group, schemasOf(await definitionsOf(release, release))), []);
    });
    const { before } = release;
    if (before !== undefined) {
      test(`${group}: ${before.version} does not, and the check says why`, async () => {
        assert.match(
          problemsOf(group, schemasOf(await definitionsOf(release, before))).join('\n'),
          before.lacks,
        );
      });
    }
  }

  test('is asked of the cluster before anything is applied there', needs('etcd', 'openssl'), async (t) => {
    const directory = await mkdtemp(join(tmpdir(), 'headwater-foreign-apis-'));
    t.after(() => rm(directory, { recursive: true }));
    const server = await startApiServer({ directory });
    t.after(() => server.stop());
    const release = RELEASES['gateway.networking.k8s.io'];
    assert.ok(release?.before);
    server.cluster.define(await definitionsOf(release, release.before));

    const config = new KubeConfig();
    config.loadFromFile(server.kubeconfig);
    const manifests = readObjects(buildPlatform(production)).map(({ manifest }) => manifest);
    const facts = await readCluster(config, questionsFor(manifests));
    const settings = { environment: production, clusterUid: facts.uid };
    const { errors } = checkCluster(facts, settings, manifests, 'production');
    const said = errors.filter((line) => line.startsWith('HTTPRoute') || line.startsWith('Gateway'));
    assert.deepEqual(said, [
      'HTTPRoute headwater/upload: spec.rules[0].timeouts is not known: install the Gateway API, 1.2 or newer, first',
      'HTTPRoute headwater/upload-batch: spec.rules[0].timeouts is not known: install the Gateway API, 1.2 or newer, first',
    ]);
  });

  test('only those that no registry brings are left out', () => {
    const missing = Object.keys(FOREIGN_APIS).filter((group) => !(group in RELEASES));
    assert.deepEqual(missing, ['gateway.nginx.org']);
  });
});
