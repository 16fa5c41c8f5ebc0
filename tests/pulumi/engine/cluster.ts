import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CoreV1Api, KubeConfig, KubernetesObjectApi } from '@kubernetes/client-node';
import { startApiServer } from '../../lab/api-server.ts';
import type { Cluster } from '../../lab/cluster.ts';
import { customResourceDefinition } from '../../lab/custom-resources.ts';
import { waitUntil } from '../../../infra/local/wait.ts';
import { foreignKinds } from '../../../infra/pulumi/preflight/cluster-requirements.ts';
import type { Manifest } from '../../../infra/pulumi/stack/platform-objects.ts';
import { readWrites, type Write } from './audit-log.ts';
import { pretendNodes, type PretendedNodes } from './pretended-nodes.ts';

/** How the provider names itself to the API server. */
const PROVIDER_AGENT = 'pulumi-kubernetes/';

/** A real API server with its controllers, and nodes that are pretended. */
export interface TestCluster {
  readonly kubeconfig: string;
  readonly config: KubeConfig;
  readonly context: string;
  readonly uid: string;
  readonly objects: KubernetesObjectApi;
  readonly core: CoreV1Api;
  /** The same with kubectl, in the API server's own words. */
  readonly kubectl: Cluster;
  readonly nodes: PretendedNodes;
  /** Everything that Pulumi's provider has changed, in order. */
  providerWrites: () => readonly Write[];
  stop: () => Promise<void>;
}

export async function startTestCluster(): Promise<TestCluster> {
  const directory = await mkdtemp(join(tmpdir(), 'headwater-pulumi-'));
  const auditLog = join(directory, 'audit.log');
  const server = await startApiServer({ directory, controllerManager: true, auditLog });
  const config = new KubeConfig();
  config.loadFromFile(server.kubeconfig);
  const core = config.makeApiClient(CoreV1Api);
  const nodes = pretendNodes(config);
  const kubeSystem = await waitUntil(() => core.readNamespace({ name: 'kube-system' }), {
    what: 'a namespace kube-system',
    deadlineMs: 60_000,
  });
  return {
    kubeconfig: server.kubeconfig,
    config,
    context: config.getCurrentContext(),
    uid: kubeSystem.metadata?.uid ?? '',
    objects: KubernetesObjectApi.makeApiClient(config),
    core,
    kubectl: server.cluster,
    nodes,
    providerWrites: () => readWrites(auditLog, PROVIDER_AGENT),
    stop: async () => {
      await nodes.stop();
      await server.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** What an administrator has installed before: a StorageClass whose volumes can grow, and an IngressClass. */
export async function installClasses({ objects }: TestCluster): Promise<void> {
  await objects.create({
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: {
      name: 'standard',
      annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' },
    },
    provisioner: 'example.com/pretended',
    allowVolumeExpansion: true,
    reclaimPolicy: 'Retain',
  });
  await objects.create({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IngressClass',
    metadata: { name: 'nginx' },
    spec: { controller: 'k8s.io/ingress-nginx' },
  });
}

/** Every kind in the manifests that Kubernetes does not bring, without its schema: any object of it is stored. */
export async function installForeignKinds(
  { config, kubectl }: TestCluster,
  manifests: readonly Manifest[],
): Promise<void> {
  const kinds = foreignKinds(manifests).map((name) => {
    const end = name.lastIndexOf('/');
    return { apiVersion: name.slice(0, end), kind: name.slice(end + 1) };
  });
  kubectl.define(kinds.map(({ apiVersion, kind }) => customResourceDefinition(apiVersion, kind)));
  await waitUntil(
    async () => {
      const fresh = KubernetesObjectApi.makeApiClient(config);
      for (const { apiVersion, kind } of kinds) await fresh.list(apiVersion, kind, 'default');
      return true;
    },
    { what: `serving ${kinds.map(({ kind }) => kind).join(', ')}`, deadlineMs: 60_000 },
  );
}

/** A kubeconfig's like of an account that has no rights but those that it is given later. */
export async function makeAccount(
  { config, context, core, objects }: TestCluster,
  name: string,
): Promise<{ readonly config: KubeConfig; readonly as: (token: string) => KubeConfig }> {
  const namespace = 'default';
  await objects.create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } });
  await objects.create({
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/service-account-token',
    metadata: { name, namespace, annotations: { 'kubernetes.io/service-account.name': name } },
  });
  const token = await waitUntil(
    async () => (await core.readNamespacedSecret({ name, namespace })).data?.['token'],
    { what: `a token of ${name}`, deadlineMs: 60_000 },
  );
  const as = (presented: string): KubeConfig => {
    const server = config.getCurrentCluster();
    const account = new KubeConfig();
    account.loadFromOptions({
      clusters: [server],
      users: [{ name, token: presented }],
      contexts: [{ name: context, cluster: server?.name ?? '', user: name }],
      currentContext: context,
    });
    return account;
  };
  return { config: as(Buffer.from(token, 'base64').toString()), as };
}
