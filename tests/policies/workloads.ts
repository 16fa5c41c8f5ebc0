import { isDeepStrictEqual } from 'node:util';
import type { Manifest } from '../infra/manifests.ts';
import { containers, describe, services, workloads, type Workload } from './platform-objects.ts';
import { first, type Policy } from './policy.ts';

const SELECTOR_LABELS = new Set([
  'app.kubernetes.io/component',
  'app.kubernetes.io/instance',
  'app.kubernetes.io/name',
]);

/** Workloads that the autoscalers own, by `namespace/name`. */
function autoscaled(objects: readonly Manifest[]): Set<string> {
  return new Set(
    objects
      .filter(({ kind }) => kind === 'HorizontalPodAutoscaler' || kind === 'ScaledObject')
      .map(({ metadata, spec }) => {
        const { scaleTargetRef } = spec as { scaleTargetRef: { name: string } };
        return `${metadata.namespace ?? ''}/${scaleTargetRef.name}`;
      }),
  );
}

function isReplicated(workload: Workload, objects: readonly Manifest[]): boolean {
  const { kind, metadata, spec } = workload;
  if (kind !== 'Deployment' && kind !== 'StatefulSet') return false;
  return (spec.replicas ?? 0) > 1 || autoscaled(objects).has(`${metadata.namespace}/${metadata.name}`);
}

function includes(labels: Record<string, string>, selector: Record<string, string>): boolean {
  return Object.entries(selector).every(([label, value]) => labels[label] === value);
}

export const workloadPolicies: readonly Policy[] = [
  {
    title: 'a selector has the three lasting labels only, and its template carries them',
    violations: (objects) =>
      services(objects)
        .filter(({ spec }) => {
          const selector = spec.selector?.matchLabels ?? {};
          return (
            !isDeepStrictEqual(new Set(Object.keys(selector)), SELECTOR_LABELS) ||
            !includes(spec.template.metadata.labels, selector)
          );
        })
        .map(describe),
    mutation: (objects) => {
      first(services(objects), 'workload').spec.template.metadata.labels['app.kubernetes.io/name'] = 'else';
    },
  },
  {
    title: 'two workloads of a namespace never select the same pods',
    violations: (objects) => {
      const selectors = services(objects).map((workload) => ({
        workload,
        key: JSON.stringify([workload.metadata.namespace, workload.spec.selector]),
      }));
      return selectors
        .filter(({ key }, index) => selectors.findIndex((other) => other.key === key) !== index)
        .map(({ workload }) => describe(workload));
    },
    mutation: (objects) => {
      const pair = services(objects).filter(({ metadata }) => metadata.namespace === 'headwater');
      const [one, other] = pair;
      if (one?.spec.selector === undefined || other === undefined) throw new Error('no two workloads');
      other.spec.selector = one.spec.selector;
    },
  },
  {
    title: 'every container asks for CPU, memory and disk, and may use as much memory as it asks for',
    violations: (objects) =>
      workloads(objects).flatMap((workload) =>
        containers(workload)
          .filter(({ resources }) => {
            const { requests = {}, limits = {} } = resources ?? {};
            return (
              requests['cpu'] === undefined ||
              requests['memory'] === undefined ||
              requests['memory'] !== limits['memory'] ||
              requests['ephemeral-storage'] === undefined ||
              limits['ephemeral-storage'] === undefined
            );
          })
          .map(({ name }) => `${describe(workload)}: ${name}`),
      ),
    mutation: (objects) => {
      delete first(containers(first(workloads(objects), 'workload')), 'container').resources?.limits;
    },
  },
  {
    title: 'what serves has a readiness and a liveness probe, and they are not the same',
    violations: (objects) =>
      services(objects).flatMap((workload) =>
        workload.spec.template.spec.containers
          .filter(
            ({ livenessProbe, readinessProbe }) =>
              livenessProbe === undefined ||
              readinessProbe === undefined ||
              isDeepStrictEqual(handler(livenessProbe), handler(readinessProbe)),
          )
          .map(({ name }) => `${describe(workload)}: ${name}`),
      ),
    mutation: (objects) => {
      const container = first(containers(first(services(objects), 'workload')), 'container');
      container.livenessProbe = container.readinessProbe;
    },
  },
  {
    title:
      'every replicated workload has one disruption budget, and what is not ready blocks no drain by accident',
    violations: (objects) =>
      services(objects)
        .filter((workload) => isReplicated(workload, objects))
        .filter((workload) => {
          const budgets = objects.filter(
            ({ kind, metadata, spec }) =>
              kind === 'PodDisruptionBudget' &&
              metadata.namespace === workload.metadata.namespace &&
              includes(
                workload.spec.template.metadata.labels,
                (spec as { selector: { matchLabels: Record<string, string> } }).selector.matchLabels,
              ),
          );
          return (
            budgets.length !== 1 ||
            (budgets[0]?.['spec'] as { unhealthyPodEvictionPolicy?: string }).unhealthyPodEvictionPolicy ===
              undefined
          );
        })
        .map(describe),
    mutation: (objects) => {
      const index = objects.findIndex(({ kind }) => kind === 'PodDisruptionBudget');
      if (index < 0) throw new Error('no budget to take away');
      objects.splice(index, 1);
    },
  },
  {
    title: 'no workload that an autoscaler owns says how many replicas it has',
    violations: (objects) => {
      const owned = autoscaled(objects);
      return services(objects)
        .filter(({ metadata }) => owned.has(`${metadata.namespace}/${metadata.name}`))
        .filter(({ spec }) => spec.replicas !== undefined)
        .map(describe);
    },
    mutation: (objects) => {
      const owned = autoscaled(objects);
      const workload = services(objects).find(({ metadata }) =>
        owned.has(`${metadata.namespace}/${metadata.name}`),
      );
      if (workload === undefined) throw new Error('nothing is autoscaled');
      workload.spec.replicas = 3;
    },
  },
  {
    title:
      'replicas lie on different nodes and zones: those with state must where the environment says so, others never must, and a lost zone is no place to be even with',
    violations: (objects, { spread }) =>
      services(objects)
        .filter((workload) => isReplicated(workload, objects))
        .filter(({ kind, spec }) => {
          const constraints = spec.template.spec.topologySpreadConstraints ?? [];
          const hasState = kind === 'StatefulSet';
          const wanted = hasState && spread === 'required' ? 'DoNotSchedule' : 'ScheduleAnyway';
          return (
            constraints.length !== 2 ||
            constraints.some(
              ({ whenUnsatisfiable, nodeTaintsPolicy, matchLabelKeys }) =>
                whenUnsatisfiable !== wanted ||
                nodeTaintsPolicy !== 'Honor' ||
                !isDeepStrictEqual(matchLabelKeys, hasState ? undefined : ['pod-template-hash']),
            )
          );
        })
        .map(describe),
    mutation: (objects) => {
      const spread = services(objects).find(({ spec }) => (spec.replicas ?? 0) > 1);
      if (spread === undefined) throw new Error('nothing is replicated');
      delete spread.spec.template.spec.topologySpreadConstraints;
    },
  },
  {
    title: 'a grace period is longer than what the pod is told to wait and to take',
    violations: (objects) =>
      services(objects).flatMap((workload) => {
        const { terminationGracePeriodSeconds: grace = 30, containers: all } = workload.spec.template.spec;
        return all
          .filter(({ env = [], lifecycle }) => {
            const deadline =
              Number(env.find(({ name }) => name === 'SHUTDOWN_DEADLINE_MS')?.value ?? 0) / 1000;
            return grace <= deadline + (lifecycle?.preStop?.sleep?.seconds ?? 0);
          })
          .map(({ name }) => `${describe(workload)}: ${name}`);
      }),
    mutation: (objects) => {
      const workload = services(objects).find(({ metadata }) => metadata.name === 'producer');
      if (workload === undefined) throw new Error('no producer');
      workload.spec.template.spec.terminationGracePeriodSeconds = 30;
    },
  },
  {
    title: 'a container binds each port once and sets each variable once',
    violations: (objects) =>
      workloads(objects).flatMap((workload) =>
        containers(workload)
          .filter(({ ports = [], env = [] }) => {
            const numbers = ports.map(({ containerPort }) => containerPort);
            const names = env.map(({ name }) => name);
            return new Set(numbers).size < numbers.length || new Set(names).size < names.length;
          })
          .map(({ name }) => `${describe(workload)}: ${name}`),
      ),
    mutation: (objects) => {
      const container = first(
        workloads(objects)
          .flatMap(containers)
          .filter(({ env = [] }) => env.length > 0),
        'container with variables',
      );
      container.env?.push({ ...first(container.env, 'variable') });
    },
  },
  {
    title: 'all pods together, at their most, fit what their namespace may ask for',
    violations: (objects) =>
      objects
        .filter(({ kind }) => kind === 'ResourceQuota')
        .flatMap(({ metadata, spec }) => {
          const { hard } = spec as { hard: Record<string, string> };
          const pods = services(objects).filter(
            (workload) => workload.metadata.namespace === metadata.namespace,
          );
          const sum = (resource: string) =>
            pods.reduce(
              (total, workload) =>
                total +
                most(workload, objects) * amount(containers(workload)[0]?.resources?.requests?.[resource]),
              0,
            );
          return (['cpu', 'memory'] as const)
            .filter((resource) => sum(resource) > amount(hard[`requests.${resource}`]))
            .map((resource) => `namespace ${metadata.namespace ?? ''}: ${resource} ${sum(resource)}`);
        }),
    mutation: (objects) => {
      const quota = objects.find(({ kind }) => kind === 'ResourceQuota');
      (quota?.['spec'] as { hard: Record<string, string> }).hard['requests.memory'] = '1Mi';
    },
  },
];

/** What a probe asks, without how often. */
function handler(probe: unknown): unknown {
  const { httpGet, tcpSocket, exec } = probe as Record<string, unknown>;
  return { httpGet, tcpSocket, exec };
}

/** Pods of a workload at most; a DaemonSet counts once, since its nodes are not in the manifests. */
function most({ metadata, spec }: Workload, objects: readonly Manifest[]): number {
  const scaler = objects.find(
    (object) =>
      (object.kind === 'HorizontalPodAutoscaler' || object.kind === 'ScaledObject') &&
      (object['spec'] as { scaleTargetRef: { name: string } }).scaleTargetRef.name === metadata.name,
  );
  const { maxReplicas, maxReplicaCount } = (scaler?.['spec'] ?? {}) as Record<string, number>;
  return maxReplicas ?? maxReplicaCount ?? spec.replicas ?? 1;
}

/** A quantity in cores or bytes. */
function amount(text = '0'): number {
  const units: Record<string, number> = {
    '': 1,
    m: 0.001,
    Ki: 2 ** 10,
    Mi: 2 ** 20,
    Gi: 2 ** 30,
    Ti: 2 ** 40,
  };
  const [, digits = '0', unit = ''] = /^([0-9.]+)([A-Za-z]*)$/.exec(text) ?? [];
  return Number(digits) * (units[unit] ?? Number.NaN);
}
