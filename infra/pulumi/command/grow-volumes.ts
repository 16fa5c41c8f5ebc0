import { setTimeout as sleep } from 'node:timers/promises';
import {
  AppsV1Api,
  CoreV1Api,
  type KubeConfig,
  PatchStrategy,
  setHeaderOptions,
  StorageV1Api,
  type V1PersistentVolumeClaim,
} from '@kubernetes/client-node';
import { toBytes, type Quantity } from '../../environments/quantities.ts';
import { claimsOf, nameOf, type Manifest } from '../stack/platform-objects.ts';

export interface GrowVolumesContext {
  readonly config: KubeConfig;
  /** The manifests with the new sizes. */
  readonly manifests: readonly Manifest[];
  /**
   * Refreshes a set that was deleted from the cluster, such as `headwater/kafka`, so that it leaves the stack's state.
   */
  readonly forget: (set: string) => Promise<void>;
  readonly say: (text: string) => void;
  /** @default 600_000 */
  readonly deadlineMs?: number;
}

/** A set, and its claims that are smaller than in its manifest. */
interface GrowingSet {
  readonly set: Manifest;
  readonly claims: readonly { readonly claim: V1PersistentVolumeClaim; readonly size: Quantity }[];
}

const POLL_MS = 1_000;

/**
 * Grows the volumes of every set whose manifest has a larger size, while its pods run and keep their data. Each claim
 * gets its new size. When the volumes have it, the set is deleted without its pods and removed from the stack's state.
 * The next `deploy` creates it with the new claim template, and it adopts the pods and claims. Safe to repeat after a
 * failure.
 *
 * @returns names of the sets that the next `deploy` creates
 * @throws Error before any change, if a volume cannot grow or would have to shrink
 */
export async function growVolumes(context: GrowVolumesContext): Promise<readonly string[]> {
  const { config, manifests, forget, say, deadlineMs = 600_000 } = context;
  const core = config.makeApiClient(CoreV1Api);
  const apps = config.makeApiClient(AppsV1Api);
  const growing = await findGrowing(core, manifests);
  await requireExpandable(config, growing);

  for (const { claims } of growing) {
    for (const { claim, size } of claims) {
      const { name, namespace } = placeOf(claim);
      say(`${namespace}/${name}: ${requestOf(claim)} → ${size}`);
      const body = { spec: { resources: { requests: { storage: size } } } };
      await core.patchNamespacedPersistentVolumeClaim(
        { name, namespace, body },
        setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
      );
    }
  }
  for (const { claims } of growing) {
    for (const { claim, size } of claims) await waitForSize(core, claim, size, deadlineMs);
  }

  const remade: string[] = [];
  for (const set of manifests.filter(({ kind }) => kind === 'StatefulSet')) {
    const { name, namespace = '' } = set.metadata;
    const live = await apps.listNamespacedStatefulSet({ namespace, fieldSelector: `metadata.name=${name}` });
    const [found] = live.items;
    if (found !== undefined && hasTemplatesOf(found.spec?.volumeClaimTemplates, set)) continue;
    if (found !== undefined) {
      say(`${nameOf(set)}: deleting the set without its pods`);
      await apps.deleteNamespacedStatefulSet({ name, namespace, propagationPolicy: 'Orphan' });
      const gone = async () =>
        (await apps.listNamespacedStatefulSet({ namespace, fieldSelector: `metadata.name=${name}` })).items
          .length === 0;
      await poll(gone, `${nameOf(set)} is not gone`, deadlineMs);
    }
    await forget(nameOf(set));
    remade.push(nameOf(set));
  }
  return remade;
}

async function findGrowing(core: CoreV1Api, manifests: readonly Manifest[]): Promise<readonly GrowingSet[]> {
  const growing: GrowingSet[] = [];
  for (const set of manifests.filter(({ kind }) => kind === 'StatefulSet')) {
    const { name, namespace = '' } = set.metadata;
    const { items } = await core.listNamespacedPersistentVolumeClaim({ namespace });
    const claims = claimsOf(set).flatMap((template) => {
      const size = template.spec.resources.requests.storage as Quantity;
      const prefix = `${template.metadata.name}-${name}-`;
      return items
        .filter(({ metadata }) => /^\d+$/.test((metadata?.name ?? '').replace(prefix, '')))
        .filter((claim) => requestOf(claim) !== size)
        .map((claim) => ({ claim, size }));
    });
    for (const { claim, size } of claims) {
      if (toBytes(size) < toBytes(requestOf(claim))) {
        throw new Error(
          `claim ${claim.metadata?.name ?? ''}: a volume cannot shrink, from ${requestOf(claim)} to ${size}: set the size back`,
        );
      }
    }
    growing.push({ set, claims });
  }
  return growing;
}

async function requireExpandable(config: KubeConfig, growing: readonly GrowingSet[]): Promise<void> {
  const { items } = await config.makeApiClient(StorageV1Api).listStorageClass();
  const problems = growing.flatMap(({ claims }) =>
    claims.flatMap(({ claim: { metadata, spec, status } }) => {
      const name = metadata?.name ?? '';
      const storageClass = items.find((item) => item.metadata?.name === spec?.storageClassName);
      if (storageClass?.allowVolumeExpansion !== true) {
        return [
          `claim ${name}: StorageClass ${spec?.storageClassName ?? 'none'} must have allowVolumeExpansion: true`,
        ];
      }
      return status?.phase === 'Bound'
        ? []
        : [`claim ${name}: must be Bound, is ${status?.phase ?? 'unknown'}`];
    }),
  );
  if (problems.length > 0) {
    throw new Error(['no volume is touched:', ...new Set(problems.map((line) => `- ${line}`))].join('\n'));
  }
}

/** A volume in use may have grown while its file system waits for the next start of the pod. */
async function waitForSize(
  core: CoreV1Api,
  claim: V1PersistentVolumeClaim,
  size: Quantity,
  deadlineMs: number,
): Promise<void> {
  const { name, namespace } = placeOf(claim);
  const hasSize = async (): Promise<boolean> => {
    const { status } = await core.readNamespacedPersistentVolumeClaim({ name, namespace });
    const capacity = status?.capacity?.['storage'];
    return (
      (capacity !== undefined && toBytes(capacity as Quantity) >= toBytes(size)) ||
      (status?.conditions ?? []).some(({ type }) => type === 'FileSystemResizePending')
    );
  };
  await poll(
    hasSize,
    `claim ${namespace}/${name} has not grown to ${size}; kubectl describe says why`,
    deadlineMs,
  );
}

function hasTemplatesOf(live: readonly V1PersistentVolumeClaim[] | undefined, set: Manifest): boolean {
  return claimsOf(set).every(({ metadata, spec }) =>
    live?.some(
      (template) =>
        template.metadata?.name === metadata.name && requestOf(template) === spec.resources.requests.storage,
    ),
  );
}

function placeOf({ metadata }: V1PersistentVolumeClaim): { name: string; namespace: string } {
  return { name: metadata?.name ?? '', namespace: metadata?.namespace ?? '' };
}

function requestOf(claim: V1PersistentVolumeClaim): Quantity {
  return (claim.spec?.resources?.requests?.['storage'] ?? '0Gi') as Quantity;
}

async function poll(condition: () => Promise<boolean>, otherwise: string, deadlineMs: number): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`${otherwise} (waited ${deadlineMs / 1000} s)`);
    await sleep(POLL_MS);
  }
}
