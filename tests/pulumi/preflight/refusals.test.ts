import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { dev } from '../../../infra/environments/dev.ts';
import type { Environment } from '../../../infra/environments/environment.ts';
import { environments } from '../../../infra/environments/environments.ts';
import { production } from '../../../infra/environments/production.ts';
import type { ClusterFacts } from '../../../infra/pulumi/preflight/cluster-facts.ts';
import type { ObjectSchema } from '../../../infra/pulumi/preflight/object-schema.ts';
import {
  configurationOf,
  deployUnderMocks,
  fittingCluster,
  manifestsOf,
  refusal,
} from '../program/stacks.ts';

const SECRET = 'object-store-v1.credentials';

function without(configuration: Record<string, string>, key: string): Record<string, string> {
  return Object.fromEntries(Object.entries(configuration).filter(([other]) => other !== key));
}

test('a missing secret is named with the command that sets it', async () => {
  const error = await refusal({ configuration: without(configurationOf(dev), SECRET) });
  assert.equal(
    error,
    'stack dev is not configured:\n' +
      '- object-store-v1.credentials: must be set, it is content of Secret object-store-v1: pulumi config set --secret object-store-v1.credentials --stack dev < FILE',
  );
});

test('a secret that was set without --secret is refused, and its value is not repeated', async () => {
  const configuration = { ...configurationOf(dev), [SECRET]: 'not-to-be-seen' };
  const error = await refusal({ configuration, plain: [SECRET, 'context', 'clusterUid'] });
  assert.match(
    error,
    /object-store-v1\.credentials: must be kept as a secret, it stands in plain text: pulumi config set --secret /,
  );
  assert.doesNotMatch(error, /not-to-be-seen/);
});

test('an unknown key is refused with the nearest known one', async () => {
  const error = await refusal({ configuration: { ...configurationOf(dev), contxt: 'x' } });
  assert.match(error, /- contxt: unknown key, did you mean context\?/);
});

test('everything that is missing is said at once', async () => {
  const error = await refusal({ configuration: {} });
  const lines = error.split('\n').slice(1);
  assert.ok(lines.length >= 5, error);
  assert.match(
    error,
    /context: must be the cluster's context in the kubeconfig, got nothing: pulumi config set context NAME --stack dev/,
  );
});

test('a stack of another name says which environment it deploys', async () => {
  const { error } = await deployUnderMocks({ stack: 'blue', configuration: {}, environment: dev });
  assert.match(
    error ?? '',
    /stack: must be named after an environment \(dev, staging, production, lab\), got blue/,
  );
  const configuration = { ...configurationOf(dev), environment: 'dev' };
  const blue = await deployUnderMocks({ stack: 'blue', configuration, environment: dev });
  assert.equal(blue.error, undefined);
});

test('the wrong cluster is refused by name', async () => {
  const error = await refusal({ cluster: { uid: 'another', context: 'staging' } });
  assert.match(
    error,
    /clusterUid: context staging \(https:\/\/cluster\.example:6443\) is not the cluster of stack dev: it must be 7a3c1c9e-.*, got another/,
  );
});

test('a cluster is pinned before the first object: the command to do so is given', async () => {
  const error = await refusal({ configuration: without(configurationOf(dev), 'clusterUid') });
  assert.match(error, /clusterUid: must be pinned .* pulumi config set clusterUid 7a3c1c9e-\S+ --stack dev/);
});

const lacking: readonly {
  readonly what: string;
  readonly stack: string;
  readonly cluster: Partial<ClusterFacts>;
  readonly says: RegExp;
}[] = [
  {
    what: 'kinds of another project',
    stack: 'production',
    cluster: { kinds: new Map() },
    says: /ScaledObject \(keda\.sh\/v1alpha1\) is not served: install KEDA \(https:\/\/keda\.sh\), 2\.12 or newer, first[^]*Gateway \(gateway\.networking[^]*the Gateway API[^]*PodMonitor[^]*the Prometheus operator/,
  },
  {
    what: 'the StorageClass that is named',
    stack: 'production',
    cluster: { storageClasses: [{ name: 'gp2', isDefault: true }] },
    says: /StorageClass gp3: is missing, so that volumes would never be made: make it, or set storageClassName to one of gp2/,
  },
  {
    what: 'a default StorageClass, where none is named',
    stack: 'dev',
    cluster: { storageClasses: [{ name: 'gp2', isDefault: false }] },
    says: /StorageClass: there is no default one, and the environment names none/,
  },
  {
    what: 'a version that has what the manifests use',
    stack: 'dev',
    cluster: { version: '1.29' },
    says: /Kubernetes: must be 1\.30 or newer for environment dev, got 1\.29: upgrade the cluster/,
  },
  {
    what: 'a version that tells pods their zone',
    stack: 'production',
    cluster: { version: '1.34' },
    says: /Kubernetes: must be 1\.35 or newer for environment production, got 1\.34: upgrade the cluster, or set kafka\.rack to none/,
  },
];
test('a release of another project that is too old is refused before anything is applied, by the field or value', async () => {
  const route: ObjectSchema = {
    properties: {
      spec: {
        properties: {
          parentRefs: {},
          hostnames: {},
          rules: {
            items: {
              properties: {
                matches: {},
                backendRefs: {},
                filters: {
                  items: { properties: { type: { enum: ['RequestMirror'] }, requestRedirect: {} } },
                },
              },
            },
          },
        },
      },
    },
  };
  const manifests = manifestsOf(environments.production);
  const kinds = new Map(fittingCluster(manifests).kinds).set('gateway.networking.k8s.io/v1/HTTPRoute', route);
  const said = (await refusal({ stack: 'production', cluster: { kinds } })).split('\n');
  assert.deepEqual(
    said.filter((line) => line.includes('HTTPRoute')),
    [
      '- HTTPRoute headwater/collect-redirect: spec.rules[0].filters[0].type must be one of RequestMirror, got RequestRedirect: install the Gateway API, 1.2 or newer, first',
      '- HTTPRoute headwater/upload: spec.rules[0].timeouts is not known: install the Gateway API, 1.2 or newer, first',
      '- HTTPRoute headwater/upload-batch: spec.rules[0].timeouts is not known: install the Gateway API, 1.2 or newer, first',
    ],
  );
});

for (const { what, stack, cluster, says } of lacking) {
  test(`a cluster without ${what} is refused before anything is applied`, async () => {
    assert.match(await refusal({ stack, cluster }), says);
  });
}

test('a class of priority that the cluster does not have is refused before anything is applied', async () => {
  const environment: Environment = {
    ...production,
    priority: { kind: 'existing', state: 'important', collectors: 'system-cluster-critical' },
  };
  assert.match(
    await refusal({ stack: 'production', environment }),
    /^- PriorityClass important: is missing, so that none of its pods would be taken: make it, or set priority to classes of system-cluster-critical$/m,
  );
  const { error } = await deployUnderMocks({
    stack: 'production',
    environment,
    cluster: { priorityClasses: ['important', 'system-cluster-critical'] },
  });
  assert.equal(error, undefined);
});

test('routes without a controller are warned about, with the way on from ingress-nginx', async () => {
  const lab = await deployUnderMocks({ stack: 'lab', cluster: { ingressClasses: [] } });
  assert.equal(lab.error, undefined);
  assert.match(
    lab.warnings.join('\n'),
    /IngressClass nginx is missing, so no controller serves Ingress headwater\/upload: .*edge\.kind gateway is the way on/,
  );
  const gateway = await deployUnderMocks({ stack: 'production', cluster: { gatewayClasses: ['istio'] } });
  assert.match(gateway.warnings.join('\n'), /GatewayClass envoy is missing, .* to one of istio/);
  const own = await deployUnderMocks({ stack: 'dev', cluster: { ingressClasses: [] } });
  assert.deepEqual(own.warnings, [], 'dev brings its own controller');
});

test('an environment that contradicts itself is not deployed', async () => {
  const environment = structuredClone(environments.dev);
  environment.topics['events'] = { ...(dev.topics['events'] ?? assert.fail()), replicationFactor: 3 };
  assert.match(await refusal({ environment }), /replicationFactor/);
});

const directory = mkdtempSync(join(tmpdir(), 'headwater-node-'));
after(() => rmSync(directory, { recursive: true, force: true }));

test('a Node that is too old is told so in one sentence, before the program is read', () => {
  const pretend = join(directory, 'pretend.cjs');
  const program = join(directory, 'program.cjs');
  writeFileSync(pretend, "Object.defineProperty(process, 'versions', { value: { node: '20.20.2' } });");
  writeFileSync(program, "console.log('ran');");
  const check = join(import.meta.dirname, '../../../infra/pulumi/program/check-node.cjs');
  const run = (...args: string[]) => spawnSync(process.execPath, [...args, program], { encoding: 'utf8' });
  assert.equal(run('--require', check).stdout, 'ran\n');
  const { status, stdout, stderr } = run('--require', pretend, '--require', check);
  assert.equal(status, 1);
  assert.equal(stdout, '');
  assert.match(
    stderr,
    /^error: Node 24\.6 or newer is needed to run the Pulumi program, this is 20\.20\.2: [^\n]+\n$/,
  );
});
