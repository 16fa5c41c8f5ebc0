import type { Manifest } from '../../../infra/pulumi/stack/platform-objects.ts';
import type { Cluster } from '../../lab/cluster.ts';

/** What the cluster has not of a manifest that was applied, by its paths. */
export function lostInCluster(cluster: Cluster, manifest: Manifest): string[] {
  const { apiVersion, kind, metadata } = manifest;
  const [group = '', version] = apiVersion.split('/');
  const live = cluster.get(
    metadata.namespace ?? '',
    version === undefined ? kind : `${kind}.${version}.${group}`,
    metadata.name,
  );
  return lostPaths(manifest, live);
}

/**
 * Paths of what a manifest says and the live object has not, in whatever words: `spec.ingress[0].from`. What says nothing,
 * an empty list or 0, may be left out by the API server.
 */
function lostPaths(wanted: unknown, live: unknown, path = ''): string[] {
  if (isNothing(wanted)) return [];
  if (live === undefined || live === null) return [path];
  if (typeof wanted !== 'object' || typeof live !== 'object') return [];
  return Object.entries(wanted as object).flatMap(([key, value]) => {
    const step = Array.isArray(wanted) ? `[${key}]` : `${path === '' ? '' : '.'}${key}`;
    return lostPaths(value, (live as Readonly<Record<string, unknown>>)[key], `${path}${step}`);
  });
}

function isNothing(value: unknown): boolean {
  return typeof value === 'object' && value !== null ? Object.keys(value).length === 0 : !value;
}
