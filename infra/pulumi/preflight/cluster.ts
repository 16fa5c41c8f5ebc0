import {
  ApiException,
  ApiextensionsV1Api,
  AppsV1Api,
  CoreV1Api,
  CustomObjectsApi,
  KubeConfig,
  NetworkingV1Api,
  SchedulingV1Api,
  StorageV1Api,
  VersionApi,
} from '@kubernetes/client-node';
import type { ClusterFacts, ClusterQuestions } from './cluster-facts.ts';
import type { ObjectSchema } from './object-schema.ts';
import { readNamespaces, readNodes } from './read-namespaces.ts';

const GATEWAY_API = { group: 'gateway.networking.k8s.io', version: 'v1' };
/** Read permissions that an account needs before it can apply anything. */
const READ = [
  ...[
    'namespaces',
    'nodes',
    'storageclasses',
    'priorityclasses',
    'ingressclasses',
    'gatewayclasses',
    'customresourcedefinitions',
  ],
  ...['resourcequotas', 'limitranges', 'pods', 'persistentvolumeclaims', 'statefulsets'],
];
const DEFAULT_CLASS = 'storageclass.kubernetes.io/is-default-class';

/**
 * Selects a context of the user's kubeconfig: `$KUBECONFIG`, or `~/.kube/config`.
 *
 * @throws Error that lists the existing contexts
 */
export function readKubeConfig(context: string): KubeConfig {
  const config = new KubeConfig();
  config.loadFromDefault();
  const names = config.getContexts().map(({ name }) => name);
  if (!names.includes(context)) {
    throw new Error(
      `context: must be one of the kubeconfig's (${names.join(', ')}), got ${context}: KUBECONFIG says which file is read`,
    );
  }
  config.setCurrentContext(context);
  return config;
}

/** @throws Error with the reason in one line, if the cluster cannot be queried */
export async function readCluster(
  config: KubeConfig,
  { kinds, namespaces }: ClusterQuestions,
): Promise<ClusterFacts> {
  const context = config.getCurrentContext();
  const server = config.getCurrentCluster()?.server ?? '';
  try {
    const custom = config.makeApiClient(CustomObjectsApi);
    const kubeSystem = await config.makeApiClient(CoreV1Api).readNamespace({ name: 'kube-system' });
    const { major, minor } = await config.makeApiClient(VersionApi).getCode();
    const storageClasses = await config.makeApiClient(StorageV1Api).listStorageClass();
    const priorityClasses = await config.makeApiClient(SchedulingV1Api).listPriorityClass();
    const ingressClasses = await config.makeApiClient(NetworkingV1Api).listIngressClass();
    return {
      context,
      server,
      uid: kubeSystem.metadata?.uid ?? '',
      version: `${major}.${minor.replace(/\D/g, '')}`,
      kinds: await readKinds(custom, config.makeApiClient(ApiextensionsV1Api), kinds),
      storageClasses: storageClasses.items.map(({ metadata }) => ({
        name: metadata?.name ?? '',
        isDefault: metadata?.annotations?.[DEFAULT_CLASS] === 'true',
      })),
      priorityClasses: priorityClasses.items.map(({ metadata }) => metadata?.name ?? ''),
      ingressClasses: ingressClasses.items.map(({ metadata }) => metadata?.name ?? ''),
      gatewayClasses: await readGatewayClasses(custom),
      nodes: await readNodes(config),
      namespaces: await readNamespaces(config, namespaces),
      replicas: await readReplicas(config, namespaces),
    };
  } catch (error) {
    throw new Error(`cluster of context ${context} (${server}) ${reasonOf(error)}`, { cause: error });
  }
}

async function readReplicas(
  config: KubeConfig,
  namespaces: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const api = config.makeApiClient(AppsV1Api);
  const lists = await Promise.all(
    namespaces.map((namespace) => api.listNamespacedStatefulSet({ namespace })),
  );
  return new Map(
    lists.flatMap(({ items }) =>
      items.map(({ metadata, spec }): [string, number] => [
        `${metadata?.namespace ?? ''}/${metadata?.name ?? ''}`,
        spec?.replicas ?? 1,
      ]),
    ),
  );
}

async function readKinds(
  api: CustomObjectsApi,
  extensions: ApiextensionsV1Api,
  kinds: readonly string[],
): Promise<ReadonlyMap<string, ObjectSchema>> {
  const served = await Promise.all(
    kinds.map(async (name): Promise<(readonly [string, ObjectSchema])[]> => {
      const [group = '', version = '', kind] = name.split('/');
      const list = await unlessMissing(api.getAPIResources({ group, version }));
      const resource = list?.resources.find((one) => one.kind === kind && !one.name.includes('/'));
      if (resource === undefined) return [];
      const definition = await unlessMissing(
        extensions.readCustomResourceDefinition({ name: `${resource.name}.${group}` }),
      );
      const { schema } = definition?.spec.versions.find((one) => one.name === version) ?? {};
      // Kinds of an aggregated API server have no definition, so they are not checked.
      return [[name, schema?.openAPIV3Schema ?? {}]];
    }),
  );
  return new Map(served.flat());
}

async function readGatewayClasses(api: CustomObjectsApi): Promise<readonly string[]> {
  const list: unknown = await unlessMissing(
    api.listClusterCustomObject({ ...GATEWAY_API, plural: 'gatewayclasses' }) as Promise<unknown>,
  );
  const { items = [] } = (list ?? {}) as { readonly items?: readonly { metadata: { name: string } }[] };
  return items.map(({ metadata }) => metadata.name);
}

async function unlessMissing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ApiException && error.code === 404) return undefined;
    throw error;
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof ApiException) {
    switch (error.code) {
      case 401:
        return 'does not know you (401): log in again, for EKS with aws sso login or new credentials';
      case 403:
        return `refuses to be read (403: ${messageOf(error)}): ask for a role that may read ${READ.join(', ')}`;
      default:
        return `answered ${error.code}`;
    }
  }
  const { message, cause } = error as Error;
  const code = (cause as NodeJS.ErrnoException | undefined)?.code ?? message;
  return `cannot be reached (${code}): check the context, the VPN, and that the cluster runs`;
}

/** The API server's message for a rejected request. */
function messageOf({ body }: ApiException<unknown>): string {
  try {
    const { message } = JSON.parse(String(body)) as { readonly message?: string };
    return message ?? 'no reason given';
  } catch {
    return 'no reason given';
  }
}
