import { isDeepStrictEqual } from 'node:util';
import type { Manifest } from '../infra/manifests.ts';
import { describe, workloads } from './platform-objects.ts';
import { first, type Policy } from './policy.ts';

interface Rule {
  apiGroups: string[];
  resources: string[];
  resourceNames?: string[];
  verbs: string[];
}

const READ = ['get', 'list', 'watch'];

/** Pods that get a token of their account, and what for. */
const TOKENS: Readonly<Record<string, string>> = {
  fluentd: 'names and labels of the pods whose lines it reads',
  filebeat: 'names and labels of the pods whose lines it reads',
  'ingress-nginx-controller': 'Ingresses, Services and TLS Secrets of the one namespace that it serves',
  'ingress-nginx-admission': "the admission webhook's certificate",
};

/** Every right that the platform asks for, by role; `namespace` stands for the pipeline's. */
const RIGHTS: Readonly<Record<string, readonly Rule[]>> = {
  'ClusterRole fluentd': [{ apiGroups: [''], resources: ['namespaces', 'pods'], verbs: READ }],
  'ClusterRole filebeat': [{ apiGroups: [''], resources: ['namespaces', 'pods'], verbs: READ }],
  'ClusterRole ingress-nginx-controller': [
    { apiGroups: ['networking.k8s.io'], resources: ['ingressclasses'], verbs: READ },
  ],
  'ClusterRole ingress-nginx-admission': [
    {
      apiGroups: ['admissionregistration.k8s.io'],
      resources: ['validatingwebhookconfigurations'],
      resourceNames: ['ingress-nginx-admission'],
      verbs: ['get', 'update'],
    },
  ],
  'Role ingress-nginx/ingress-nginx-admission': [
    {
      apiGroups: [''],
      resources: ['secrets'],
      resourceNames: ['ingress-nginx-admission'],
      verbs: ['get'],
    },
    { apiGroups: [''], resources: ['secrets'], verbs: ['create'] },
  ],
  'Role ingress-nginx/ingress-nginx-controller': [
    { apiGroups: [''], resources: ['configmaps', 'pods', 'services'], verbs: READ },
    { apiGroups: [''], resources: ['events'], verbs: ['create', 'patch'] },
    { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['create'] },
    {
      apiGroups: ['coordination.k8s.io'],
      resources: ['leases'],
      resourceNames: ['ingress-nginx-leader'],
      verbs: ['get', 'update'],
    },
  ],
  'Role headwater/ingress-nginx-controller': [
    { apiGroups: [''], resources: ['namespaces'], resourceNames: ['headwater'], verbs: ['get'] },
    {
      apiGroups: [''],
      resources: ['configmaps', 'endpoints', 'pods', 'secrets', 'services'],
      verbs: READ,
    },
    { apiGroups: [''], resources: ['events'], verbs: ['create', 'patch'] },
    { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: READ },
    { apiGroups: ['networking.k8s.io'], resources: ['ingresses'], verbs: READ },
    { apiGroups: ['networking.k8s.io'], resources: ['ingresses/status'], verbs: ['update'] },
  ],
};

function roles(objects: readonly Manifest[]): (Manifest & { rules: Rule[] })[] {
  return objects.filter(({ kind }) => kind === 'Role' || kind === 'ClusterRole') as (Manifest & {
    rules: Rule[];
  })[];
}

export const rightsPolicies: readonly Policy[] = [
  {
    title: 'the platform asks for the rights of the list and for no others',
    violations: (objects) =>
      roles(objects)
        .filter((role) => !isDeepStrictEqual(role.rules, RIGHTS[describe(role)]))
        .map(describe),
    mutation: (objects) => {
      first(roles(objects), 'role').rules.push({ apiGroups: [''], resources: ['secrets'], verbs: ['list'] });
    },
  },
  {
    title: 'a role is bound to one account, of the same name',
    violations: (objects) =>
      objects
        .filter(({ kind }) => kind === 'RoleBinding' || kind === 'ClusterRoleBinding')
        .filter(({ metadata, ...binding }) => {
          const { roleRef, subjects } = binding as unknown as {
            roleRef: { name: string };
            subjects: { kind: string; name: string }[];
          };
          return (
            roleRef.name !== metadata.name ||
            subjects.length !== 1 ||
            subjects[0]?.kind !== 'ServiceAccount' ||
            subjects[0].name !== metadata.name
          );
        })
        .map(describe),
    mutation: (objects) => {
      const binding = objects.find(({ kind }) => kind === 'ClusterRoleBinding') as unknown as {
        subjects: unknown[];
      };
      binding.subjects.push({ kind: 'Group', name: 'system:authenticated' });
    },
  },
  {
    title: 'every pod runs under an account of its own, and only those of the list get its token',
    violations: (objects) =>
      workloads(objects)
        .filter(({ metadata, spec }) => {
          const { serviceAccountName = 'default', automountServiceAccountToken } = spec.template.spec;
          const account = objects.find(
            (object) =>
              object.kind === 'ServiceAccount' &&
              object.metadata.name === serviceAccountName &&
              object.metadata.namespace === metadata.namespace,
          );
          const allowed = serviceAccountName in TOKENS;
          return (
            account === undefined ||
            automountServiceAccountToken !== allowed ||
            account['automountServiceAccountToken'] !== allowed
          );
        })
        .map(describe),
    mutation: (objects) => {
      const silent = workloads(objects).filter(
        ({ spec }) => !spec.template.spec.automountServiceAccountToken,
      );
      first(silent, 'pod without token').spec.template.spec.automountServiceAccountToken = true;
    },
  },
];
