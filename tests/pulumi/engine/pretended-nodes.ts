import { setTimeout as sleep } from 'node:timers/promises';
import {
  CoreV1Api,
  KubernetesObjectApi,
  type KubeConfig,
  PatchStrategy,
  setHeaderOptions,
  type V1PersistentVolumeClaim,
  type V1Pod,
} from '@kubernetes/client-node';

const EVERY_MS = 150;
const MERGE = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);

export interface PretendedNodes {
  /** Pods for which this holds stay as they are. */
  holdsBack: (pod: V1Pod) => boolean;
  /** Pods of Jobs for which this holds fail. */
  fails: (pod: V1Pod) => boolean;
  stop: () => Promise<void>;
}

/**
 * Says of every pod that it runs and is ready, or is gone when it should end; of every pod of a Job that it succeeded; and of every
 * volume that it is there and as large as was asked for: what kubelets and a storage provisioner would do, where there is no
 * node. Nothing runs.
 */
export function pretendNodes(config: KubeConfig): PretendedNodes {
  const api = config.makeApiClient(CoreV1Api);
  const objects = KubernetesObjectApi.makeApiClient(config);
  let isStopped = false;
  const nodes: PretendedNodes = { holdsBack: () => false, fails: () => false, stop: () => Promise.resolve() };
  const loop = async (): Promise<void> => {
    while (!isStopped) {
      // Others write the same objects: what fails is tried again in the next round.
      await Promise.all([pretendPods(api, nodes), pretendVolumes(api, objects)]).catch(() => undefined);
      await sleep(EVERY_MS);
    }
  };
  const running = loop();
  nodes.stop = () => {
    isStopped = true;
    return running;
  };
  return nodes;
}

async function pretendPods(api: CoreV1Api, nodes: PretendedNodes): Promise<void> {
  const { items } = await api.listPodForAllNamespaces();
  for (const pod of items) {
    const place = placeOf(pod);
    if (pod.metadata?.deletionTimestamp !== undefined) {
      await api.deleteNamespacedPod({ ...place, gracePeriodSeconds: 0 }).catch(() => undefined);
    } else if (pod.status?.phase === 'Pending' && !nodes.holdsBack(pod)) {
      const isDone = pod.metadata?.ownerReferences?.some(({ kind }) => kind === 'Job') === true;
      const now = new Date().toISOString();
      const conditions = ['Ready', 'ContainersReady'].map((type) => ({
        type,
        status: isDone ? 'False' : 'True',
        lastTransitionTime: now,
      }));
      const phase = isDone ? (nodes.fails(pod) ? 'Failed' : 'Succeeded') : 'Running';
      const status = { phase, startTime: now, conditions };
      await api.patchNamespacedPodStatus({ ...place, body: { status } }, MERGE).catch(() => undefined);
    }
  }
}

async function pretendVolumes(api: CoreV1Api, objects: KubernetesObjectApi): Promise<void> {
  const { items } = await api.listPersistentVolumeClaimForAllNamespaces();
  for (const claim of items) {
    const storage = claim.spec?.resources?.requests?.['storage'] ?? '';
    if (claim.status?.phase === 'Pending') {
      await objects.create(volumeFor(claim, storage)).catch(() => undefined);
    } else if (claim.status?.capacity?.['storage'] !== storage) {
      const body = { status: { capacity: { storage } } };
      await api
        .patchNamespacedPersistentVolumeClaimStatus({ ...placeOf(claim), body }, MERGE)
        .catch(() => undefined);
    }
  }
}

function volumeFor(claim: V1PersistentVolumeClaim, storage: string) {
  const uid = claim.metadata?.uid ?? '';
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: `volume-${uid}` },
    spec: {
      capacity: { storage },
      accessModes: ['ReadWriteOnce'],
      persistentVolumeReclaimPolicy: 'Retain',
      storageClassName: claim.spec?.storageClassName,
      hostPath: { path: '/nowhere' },
      claimRef: { ...placeOf(claim), uid },
    },
  };
}

function placeOf({ metadata }: V1Pod | V1PersistentVolumeClaim): { name: string; namespace: string } {
  return { name: metadata?.name ?? '', namespace: metadata?.namespace ?? '' };
}
