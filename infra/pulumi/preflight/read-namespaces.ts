import { CoreV1Api, type KubeConfig } from '@kubernetes/client-node';
import type { NamespaceFacts } from './cluster-facts.ts';
import type { Limit, Node } from './pod-demand.ts';

/** Quotas, limits and pods of each namespace; a missing namespace is empty. */
export async function readNamespaces(
  config: KubeConfig,
  names: readonly string[],
): Promise<ReadonlyMap<string, NamespaceFacts>> {
  const api = config.makeApiClient(CoreV1Api);
  const read = await Promise.all(names.map(async (name) => [name, await readNamespace(api, name)] as const));
  return new Map(read);
}

async function readNamespace(api: CoreV1Api, namespace: string): Promise<NamespaceFacts> {
  const quotas = await api.listNamespacedResourceQuota({ namespace });
  const limitRanges = await api.listNamespacedLimitRange({ namespace });
  const pods = await api.listNamespacedPod({
    namespace,
    fieldSelector: 'status.phase!=Succeeded,status.phase!=Failed',
  });
  const claims = await api.listNamespacedPersistentVolumeClaim({ namespace });
  return {
    quotas: quotas.items
      .filter(({ spec }) => (spec?.scopes ?? []).length === 0 && spec?.scopeSelector === undefined)
      .map(({ metadata, spec }) => ({ name: metadata?.name ?? '', hard: spec?.hard ?? {} })),
    limitRanges: limitRanges.items.map(({ metadata, spec }) => ({
      name: metadata?.name ?? '',
      // The client's name for a word that JavaScript reserves.
      limits: (spec?.limits ?? []).map(({ _default, ...limit }) => ({
        ...limit,
        default: _default,
      })) as readonly Limit[],
    })),
    pods: pods.items,
    claims: claims.items.map(({ metadata, spec }) => ({
      name: metadata?.name ?? '',
      storage: spec?.resources?.requests?.['storage'] ?? '0',
      storageClassName: spec?.storageClassName,
    })),
  };
}

export async function readNodes(config: KubeConfig): Promise<readonly Node[]> {
  const { items } = await config.makeApiClient(CoreV1Api).listNode();
  return items.map(({ metadata, spec }) => ({
    labels: metadata?.labels ?? {},
    taints: spec?.taints ?? [],
  }));
}
