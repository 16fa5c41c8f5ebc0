import assert from 'node:assert/strict';
import type { Environment } from '../../../infra/environments/environment.ts';
import { environments, type EnvironmentName } from '../../../infra/environments/environments.ts';
import type { ClusterFacts } from '../../../infra/pulumi/preflight/cluster-facts.ts';
import { foreignKinds } from '../../../infra/pulumi/preflight/cluster-requirements.ts';
import { deploy, type StackOutputs } from '../../../infra/pulumi/program/deploy.ts';
import { readConfiguration } from '../../../infra/pulumi/stack/configuration.ts';
import { readObjects, type Manifest } from '../../../infra/pulumi/stack/platform-objects.ts';
import type { DeployedResource } from '../../../infra/pulumi/program/replacements.ts';
import { requiredSecrets } from '../../../infra/pulumi/stack/secrets.ts';
import { configurationKeys } from '../../../infra/pulumi/stack/settings.ts';
import { buildPlatform } from '../../../infra/platform.ts';
import { makeCertificate } from '../stack/certificate.ts';
import { register, type MockStack, type Registered } from './mocks.ts';

export const CLUSTER_UID = '7a3c1c9e-0f3e-4b7e-9a53-7f6f0f0c2b11';

/** Everything that a stack must be configured with, each secret with a content of its own. */
export function configurationOf(environment: Environment): Record<string, string> {
  const secrets = requiredSecrets(environment).flatMap((secret) => {
    const { certificate, key } = makeCertificate(secret.use);
    const content: Readonly<Record<string, string>> = { crt: certificate, key };
    return configurationKeys(secret).map((name) => [
      name,
      content[name.split('.').at(-1) ?? ''] ?? `content of ${name}`,
    ]);
  });
  const { kafkaUi } = environment;
  return {
    context: 'a-context',
    clusterUid: CLUSTER_UID,
    ...(Object.fromEntries(secrets) as Record<string, string>),
    // The settings of its login are the provider's: no list of keys has them.
    ...(kafkaUi?.access.kind === 'public' && { [`${kafkaUi.access.oauthSecret}.client`]: 'content' }),
  };
}

/** A cluster that has all that the manifests ask for. */
export function fittingCluster(manifests: readonly Manifest[]): ClusterFacts {
  return {
    context: 'a-context',
    server: 'https://cluster.example:6443',
    uid: CLUSTER_UID,
    version: '1.35',
    kinds: new Map(foreignKinds(manifests).map((kind) => [kind, {}])),
    storageClasses: [
      { name: 'standard', isDefault: true },
      { name: 'gp3', isDefault: false },
    ],
    priorityClasses: ['system-cluster-critical'],
    ingressClasses: ['nginx'],
    gatewayClasses: ['envoy'],
    nodes: [{ labels: {}, taints: [] }],
    namespaces: new Map(),
    replicas: new Map(),
  };
}

export function manifestsOf(environment: Environment): readonly Manifest[] {
  return readObjects(buildPlatform(environment)).map(({ manifest }) => manifest);
}

export interface DeployedUnderMocks {
  readonly registered: readonly Registered[];
  readonly outputs: StackOutputs | undefined;
  readonly warnings: readonly string[];
  readonly error: string | undefined;
}

export interface DeployUnderMocks extends Partial<MockStack> {
  /** @default the one that the stack is named after */
  readonly environment?: Environment;
  /** @default nothing */
  readonly deployed?: readonly DeployedResource[];
  /** Differences from a cluster that has everything. */
  readonly cluster?: Partial<ClusterFacts>;
}

/** The whole program under mocks. */
export async function deployUnderMocks(options: DeployUnderMocks = {}): Promise<DeployedUnderMocks> {
  const { stack = 'dev', deployed = [], cluster } = options;
  const environment = options.environment ?? environments[stack as EnvironmentName];
  const configuration = options.configuration ?? configurationOf(environment);
  const warnings: string[] = [];
  let outputs: StackOutputs | undefined;
  let failure: string | undefined;
  const registered = await register(
    async () => {
      try {
        outputs = await deploy({
          configuration: readConfiguration(),
          environments: { ...environments, [environment.name]: environment },
          readCluster: () => Promise.resolve({ ...fittingCluster(manifestsOf(environment)), ...cluster }),
          readDeployed: () => Promise.resolve(deployed),
          warn: (text) => warnings.push(text),
        });
      } catch (error) {
        failure = (error as Error).message;
      }
    },
    { stack, configuration, ...(options.plain && { plain: options.plain }) },
  );
  return { registered, outputs, warnings, error: failure };
}

/** Why a stack is not deployed; checks that nothing was registered before. */
export async function refusal(options: DeployUnderMocks): Promise<string> {
  const { error, registered } = await deployUnderMocks(options);
  assert.deepEqual(registered, [], 'something was registered before the refusal');
  return error ?? '';
}
