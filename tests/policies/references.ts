import type { Manifest } from '../infra/manifests.ts';
import { containers, describe, workloads, type Workload } from './platform-objects.ts';
import { first, type Policy } from './policy.ts';

/** Secrets that are made inside the cluster, and so have no version in their name. */
const MADE_INSIDE = new Set(['ingress-nginx-admission']);

/** Names by which a variable would give a secret away; a variable that ends in FILE or PATH names where it lies. */
const SECRET_VARIABLE = /(PASSWORD|SECRET|TOKEN|CREDENTIALS?|ACCESS_KEY|PRIVATE_KEY)$/;

/** Services that only others call: the environment's users choose who. */
const CALLED_BY_OTHERS = new Set(['kafka-rest-bridge']);

/** Label that the StatefulSet controller gives each pod: it is not in the template. */
const POD_NAME = 'statefulset.kubernetes.io/pod-name';

interface Service {
  spec: {
    type?: string;
    selector?: Record<string, string>;
    ports: { port: number; targetPort?: number | string }[];
  };
}

/** Whether an object calls a Service by its host name, or leads to it as a route, a webhook or a set does. */
function calls(object: Manifest, service: string): boolean {
  const forms = [
    `[^\\w-]${service}\\.`,
    `"serviceName":"${service}"`,
    `"service":{[^}]*"name":"${service}"`,
    `"backendRefs":\\[[^\\]]*"name":"${service}"`,
  ];
  return new RegExp(forms.join('|')).test(JSON.stringify({ ...object, metadata: undefined }));
}

function targets({ spec }: Service, { metadata }: Manifest, objects: readonly Manifest[]): Workload[] {
  return workloads(objects).filter(
    (workload) =>
      workload.kind !== 'Job' &&
      workload.metadata.namespace === metadata.namespace &&
      Object.entries(spec.selector ?? {}).every(([label, value]) =>
        label === POD_NAME
          ? value.startsWith(`${workload.metadata.name}-`)
          : workload.spec.template.metadata.labels[label] === value,
      ),
  );
}

export const referencePolicies: readonly Policy[] = [
  {
    title: 'no two objects are the same object',
    violations: (objects) => {
      const names = objects.map(describe);
      return names.filter((name, index) => names.indexOf(name) !== index);
    },
    mutation: (objects) => {
      objects.push(structuredClone(first(objects, 'object')));
    },
  },
  {
    title: 'a name is a DNS name without the environment, and fits a label where it becomes one',
    violations: (objects, { name: environment }) =>
      objects
        .filter(({ kind, metadata: { name } }) => {
          const longest = kind === 'ClusterRole' || kind === 'ClusterRoleBinding' ? 253 : 63;
          return (
            !/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(name) ||
            name.length > longest ||
            name.split('-').includes(environment)
          );
        })
        .map(describe),
    mutation: (objects) => {
      (first(objects, 'object').metadata as { name: string }).name = 'kafka-production';
    },
  },
  {
    title: 'a Service leads to the pods of one workload, by ports that they have',
    violations: (objects) =>
      objects
        .filter(({ kind }) => kind === 'Service')
        .filter((object) => {
          const service = object as unknown as Service;
          const [workload, ...others] = targets(service, object, objects);
          if (workload === undefined || (others.length > 0 && !object.metadata.name.startsWith('kafka')))
            return true;
          const ports = containers(workload).flatMap(({ ports: all = [] }) => all);
          return service.spec.ports.some(
            ({ port, targetPort = port }) =>
              !ports.some(({ name, containerPort }) => targetPort === name || targetPort === containerPort),
          );
        })
        .map(describe),
    mutation: (objects) => {
      const service = objects.find(({ kind }) => kind === 'Service') as unknown as Service;
      service.spec.selector = { 'app.kubernetes.io/name': 'nobody' };
    },
  },
  {
    title: 'a Service inside the cluster is called by another object',
    violations: (objects) =>
      objects
        .filter(({ kind }) => kind === 'Service')
        .filter((object) => {
          const { name } = object.metadata;
          const { type = 'ClusterIP' } = (object as unknown as Service).spec;
          if (type !== 'ClusterIP' || CALLED_BY_OTHERS.has(name)) return false;
          return !objects.some((other) => other.kind !== 'Service' && calls(other, name));
        })
        .map(describe),
    mutation: (objects) => {
      const service = first(
        objects.filter(({ kind, metadata }) => kind === 'Service' && metadata.name === 'kafka-bootstrap'),
        'Service',
      );
      objects.push({ ...service, metadata: { ...service.metadata, name: 'nobody-calls' } });
    },
  },
  {
    title: 'a pod mounts only ConfigMaps that exist, and changes with them',
    violations: (objects) =>
      workloads(objects)
        .filter((workload) => {
          const names = (workload.spec.template.spec.volumes ?? []).flatMap(
            ({ configMap }) => configMap?.name ?? [],
          );
          if (names.length === 0) return false;
          const missing = names.some(
            (name) =>
              !objects.some(
                ({ kind, metadata }) =>
                  kind === 'ConfigMap' &&
                  metadata.name === name &&
                  metadata.namespace === workload.metadata.namespace,
              ),
          );
          // A Job's name ends in a hash instead.
          const hash = workload.spec.template.metadata.annotations?.['headwater/config-hash'];
          return missing || (workload.kind !== 'Job' && hash === undefined);
        })
        .map(describe),
    mutation: (objects) => {
      const index = objects.findIndex(({ kind }) => kind === 'ConfigMap');
      objects.splice(index, 1);
    },
  },
  {
    title: 'a Job has a name that changes with its template',
    violations: (objects) =>
      workloads(objects)
        .filter(({ kind, metadata }) => kind === 'Job' && !/-[0-9a-f]{8,16}$/.test(metadata.name))
        .map(describe),
    mutation: (objects) => {
      const job = workloads(objects).find(({ kind }) => kind === 'Job');
      if (job === undefined) throw new Error('no Job');
      job.metadata.name = 'topics';
    },
  },
  {
    title: 'no Secret is in the manifests, each one named is versioned, and none comes as a variable',
    violations: (objects) => [
      ...objects.filter(({ kind }) => kind === 'Secret').map(describe),
      ...workloads(objects).flatMap((workload) => [
        ...(workload.spec.template.spec.volumes ?? [])
          .flatMap(({ secret }) => secret?.secretName ?? [])
          .filter((name) => !/-v[0-9]+$/.test(name) && !MADE_INSIDE.has(name))
          .map((name) => `${describe(workload)}: ${name}`),
        ...containers(workload)
          .filter(
            ({ env = [], envFrom = [] }) =>
              envFrom.length > 0 ||
              env.some(
                ({ name, valueFrom }) => SECRET_VARIABLE.test(name) || valueFrom?.secretKeyRef !== undefined,
              ),
          )
          .map(({ name }) => `${describe(workload)}: ${name}`),
      ]),
    ],
    mutation: (objects) => {
      first(workloads(objects).flatMap(containers), 'container').env = [
        { name: 'KAFKA_PASSWORD', value: 'x' },
      ];
    },
  },
];
