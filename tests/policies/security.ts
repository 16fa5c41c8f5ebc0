import { isDeepStrictEqual } from 'node:util';
import lock from '../../infra/images.lock.json' with { type: 'json' };
import type { Manifest } from '../infra/manifests.ts';
import { type Container, containers, describe, type Workload, workloads } from './platform-objects.ts';
import { first, type Policy } from './policy.ts';

/** Collectors of logs: root without capabilities, with directories of their node. */
const NODE_COLLECTORS = new Set(['fluentd', 'filebeat']);

/** Directories of a node that a collector sees, and whether it may write there. */
const HOST_PATHS: Readonly<Record<string, boolean>> = {
  '/var/log': false,
  '/var/lib/headwater/fluentd': true,
  '/var/lib/headwater/filebeat': true,
};

/** Containers whose user is not above 10,000, and why. */
const LOW_USERS: Readonly<Record<string, string>> = {
  fluentd: "the kubelet's log files are root's alone",
  filebeat: "the kubelet's log files are root's alone",
  'ingress-nginx-controller': "the image's files belong to its user 101",
};

/** Containers that write to their root file system, and why. */
const WRITABLE_ROOTS: Readonly<Record<string, string>> = {
  'ingress-nginx-controller': 'it writes nginx.conf beside the templates of its image',
};

/** Capabilities that a container keeps, and why. */
const KEPT_CAPABILITIES: Readonly<Record<string, readonly string[]>> = {
  // Ports 80 and 443.
  'ingress-nginx-controller': ['NET_BIND_SERVICE'],
};

function nameOf({ metadata }: Workload): string {
  return metadata.name;
}

function isHardened({ securityContext = {} }: Container, workload: Workload): boolean {
  const { capabilities = {} } = securityContext as { capabilities?: { drop?: string[]; add?: string[] } };
  const user = Number(securityContext['runAsUser']);
  return (
    securityContext['privileged'] === false &&
    securityContext['allowPrivilegeEscalation'] === false &&
    isDeepStrictEqual(capabilities.drop, ['ALL']) &&
    isDeepStrictEqual(capabilities.add ?? [], KEPT_CAPABILITIES[nameOf(workload)] ?? []) &&
    (securityContext['readOnlyRootFilesystem'] === true || nameOf(workload) in WRITABLE_ROOTS) &&
    (user > 10_000 || nameOf(workload) in LOW_USERS) &&
    (securityContext['runAsNonRoot'] === true || NODE_COLLECTORS.has(nameOf(workload)))
  );
}

export const securityPolicies: readonly Policy[] = [
  {
    title: 'every container is hardened, but for what the lists of exceptions say with their reasons',
    violations: (objects) =>
      workloads(objects).flatMap((workload) =>
        containers(workload)
          .filter((container) => !isHardened(container, workload))
          .map(({ name }) => `${describe(workload)}: ${name}`),
      ),
    mutation: (objects) => {
      const container = first(containers(first(workloads(objects), 'workload')), 'container');
      container.securityContext = { ...container.securityContext, readOnlyRootFilesystem: false };
    },
  },
  {
    title: "every pod has the runtime's seccomp profile and shares nothing with its node",
    violations: (objects) =>
      workloads(objects)
        .filter(({ spec }) => {
          const { securityContext, hostIPC, hostNetwork, hostPID } = spec.template.spec;
          return (
            !isDeepStrictEqual(securityContext?.['seccompProfile'], { type: 'RuntimeDefault' }) ||
            hostIPC === true ||
            hostNetwork === true ||
            hostPID === true
          );
        })
        .map(describe),
    mutation: (objects) => {
      first(workloads(objects), 'workload').spec.template.spec.hostNetwork = true;
    },
  },
  {
    title: 'no port of a container is a port of its node',
    violations: (objects) =>
      workloads(objects)
        .filter((workload) =>
          containers(workload).some(({ ports = [] }) => ports.some(({ hostPort }) => hostPort !== undefined)),
        )
        .map(describe),
    mutation: (objects) => {
      const port = workloads(objects)
        .flatMap(containers)
        .flatMap(({ ports = [] }) => ports);
      first(port, 'port').hostPort = 80;
    },
  },
  {
    title:
      'a directory of a node is mounted by the collectors of logs alone, and read-only but for their state',
    violations: (objects) =>
      workloads(objects).flatMap((workload) =>
        (workload.spec.template.spec.volumes ?? []).flatMap(({ name, hostPath }) => {
          if (hostPath === undefined) return [];
          const writable = containers(workload).some(({ volumeMounts = [] }) =>
            volumeMounts.some((mount) => mount.name === name && mount.readOnly !== true),
          );
          const allowed = NODE_COLLECTORS.has(nameOf(workload)) ? HOST_PATHS[hostPath.path] : undefined;
          return allowed === undefined || (writable && !allowed)
            ? [`${describe(workload)}: ${hostPath.path}${writable ? ' writable' : ''}`]
            : [];
        }),
      ),
    mutation: (objects) => {
      const mounts = workloads(objects)
        .filter(({ kind }) => kind === 'DaemonSet')
        .flatMap(containers)
        .flatMap(({ volumeMounts = [] }) => volumeMounts)
        .filter(({ mountPath }) => mountPath === '/var/log');
      first(mounts, 'mount of /var/log').readOnly = false;
    },
  },
  {
    title:
      'every image has its digest, a tag that is a hash, or a reason in images.lock.json, and none is the latest',
    violations: (objects, { images }) =>
      workloads(objects).flatMap((workload) =>
        containers(workload)
          .filter(
            ({ image, imagePullPolicy }) =>
              imagePullPolicy !== 'IfNotPresent' || !isPinned(image, images?.registry),
          )
          .map(({ image }) => `${describe(workload)}: ${image}`),
      ),
    mutation: (objects) => {
      first(workloads(objects).flatMap(containers), 'container').image = 'docker.io/library/nginx:1.27';
    },
  },
  {
    title: 'each namespace admits what it was made for, and denies all traffic that nothing allows',
    violations: (objects, { namespaces }) => {
      const level: Readonly<Record<string, string>> = {
        [namespaces.pipeline]: 'restricted',
        [namespaces.ingress]: 'restricted',
        // Directories of a node are allowed by no other level.
        [namespaces.logging]: 'privileged',
      };
      const made = objects.filter(({ kind }) => kind === 'Namespace');
      return [
        ...made
          .filter(({ metadata }) => {
            const { labels = {} } = metadata as unknown as { labels?: Record<string, string> };
            return (
              labels['pod-security.kubernetes.io/enforce'] !== level[metadata.name] ||
              labels['pod-security.kubernetes.io/warn'] !== 'restricted'
            );
          })
          .map(describe),
        ...made.flatMap(({ metadata }) =>
          ['LimitRange', 'ResourceQuota', 'NetworkPolicy']
            .filter((kind) => !objects.some((object) => isBound(object, kind, metadata.name)))
            .map((kind) => `namespace ${metadata.name} has no ${kind}`),
        ),
        ...new Set(
          objects
            .map(({ metadata }) => metadata.namespace)
            .filter((name) => name !== undefined && !made.some(({ metadata }) => metadata.name === name))
            .map((name) => `namespace ${name ?? ''} is not made`),
        ),
      ];
    },
    mutation: (objects) => {
      const index = objects.findIndex(
        ({ kind, metadata }) => kind === 'NetworkPolicy' && metadata.name === 'default-deny',
      );
      if (index < 0) throw new Error('nothing denies');
      objects.splice(index, 1);
    },
  },
];

function isBound({ kind, metadata, ...object }: Manifest, wanted: string, namespace: string): boolean {
  if (kind !== wanted || metadata.namespace !== namespace) return false;
  if (wanted !== 'NetworkPolicy') return true;
  return isDeepStrictEqual(object['spec'], { podSelector: {}, policyTypes: ['Egress', 'Ingress'] });
}

function isPinned(image: string, registry = 'ghcr.io/headwater'): boolean {
  return (
    /@sha256:[0-9a-f]{64}$/.test(image) ||
    (image.startsWith(`${registry}/`) &&
      /^[a-z]+:([0-9.]+-)?[0-9a-f]{12,64}$/.test(image.slice(registry.length + 1))) ||
    WITHOUT_DIGEST.has(image)
  );
}

/** Images for which the lock file says why there is no digest. */
const WITHOUT_DIGEST = new Set(
  Object.values<{ readonly reference: string; readonly withoutDigest?: string }>(lock.others)
    .filter(({ withoutDigest }) => withoutDigest !== undefined && withoutDigest !== '')
    .map(({ reference }) => reference),
);
