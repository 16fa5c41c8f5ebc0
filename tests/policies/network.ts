import { portOf } from '../../infra/charts/port-of.ts';
import { logBufferOf } from '../../infra/environments/logging.ts';
import type { Manifest } from '../infra/manifests.ts';
import { type End, mayConnect, networkPolicies } from './network-evaluator.ts';
import { containers, describe, type Workload, workloads } from './platform-objects.ts';
import { first, type Policy } from './policy.ts';

/** Somebody's pod in a namespace that is none of ours. */
const STRANGER: End = { namespace: 'elsewhere', labels: { app: 'stranger' } };

/** An address that no environment names. */
const INTERNET: End = { address: '198.51.100.7' };

function endOf({ metadata, spec }: Workload): End {
  return { namespace: metadata.namespace, labels: spec.template.metadata.labels };
}

function portsOf(workload: Workload): number[] {
  return containers(workload).flatMap(({ ports = [] }) => ports.map(({ containerPort }) => containerPort));
}

/** `producer`, `kafka/broker`: a workload in the table below. */
function roleOf({ spec }: Workload): string {
  const { labels } = spec.template.metadata;
  const name = labels['app.kubernetes.io/name'] ?? '';
  const component = labels['app.kubernetes.io/component'] ?? '';
  return name === 'kafka' || name === 'ingress-nginx'
    ? `${name}/${component}`
    : name.replace(/^log-indexer-.*/, 'log-indexer');
}

/**
 * Who may open a connection to which ports of whom, among the platform's own pods. Everything else is refused: the policy
 * below asks for each pair and each port.
 */
const ALLOWED: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>> = {
  zookeeper: { zookeeper: [2888, 3888] },
  'kafka/broker': { zookeeper: [2181], 'kafka/broker': [9090, 9091, 9092, 9093], 'kafka/controller': [9090] },
  'kafka/controller': { 'kafka/controller': [9090] },
  'kafka/users': { 'kafka/broker': [9091] },
  'kafka/topics': { 'kafka/broker': [9092, 9093] },
  producer: { 'kafka/broker': [9092, 9093] },
  consumer: { 'kafka/broker': [9092, 9093] },
  'kafka-rest-bridge': { 'kafka/broker': [9092, 9093] },
  'kafka-ui': { 'kafka/broker': [9092, 9093] },
  'ingress-nginx/controller': { producer: [8080], 'kafka-ui': [8080] },
  filebeat: { 'kafka/broker': [9092, 9093] },
  'log-indexer': { 'kafka/broker': [9092, 9093] },
};

export const networkPolicyPolicies: readonly Policy[] = [
  {
    title: "among the platform's pods, the connections of the table are allowed and no others",
    violations: (objects, { logging, kafkaUi }) => {
      const all = workloads(objects);
      return all.flatMap((from) =>
        all.flatMap((to) =>
          portsOf(to)
            .filter((port) => {
              const expected =
                (ALLOWED[roleOf(from)]?.[roleOf(to)] ?? []).includes(port) &&
                // Filebeat asks for Kafka only where logs go by way of it.
                !(roleOf(from) === 'filebeat' && logBufferOf(logging) === undefined) &&
                // The UI is behind the edge only where it has a host.
                !(
                  roleOf(from) === 'ingress-nginx/controller' &&
                  roleOf(to) === 'kafka-ui' &&
                  kafkaUi?.access.kind !== 'public'
                );
              return mayConnect(objects, endOf(from), endOf(to), port) !== expected;
            })
            .map((port) => `${describe(from)} to ${describe(to)}:${port}`),
        ),
      );
    },
    mutation: (objects) => {
      const rules = networkPolicies(objects)
        .filter(({ metadata }) => metadata.name === 'kafka-broker')
        .flatMap(({ spec }) => spec.ingress ?? []);
      first(rules, 'rule').ports = [{ protocol: 'TCP', port: 1 }];
    },
  },
  {
    title: "nobody else's pod and no address of the internet reaches a pod, but by the ports of the edge",
    violations: (objects, { kafka }) =>
      workloads(objects).flatMap((workload) => {
        const edge = roleOf(workload) === 'ingress-nginx/controller' ? [80, 443] : [];
        const exposed = kafka.exposure.kind === 'none' ? [] : [9094];
        return [STRANGER, INTERNET].flatMap((from) =>
          portsOf(workload)
            .filter((port) => !('address' in from && [...edge, ...exposed].includes(port)))
            .filter((port) => mayConnect(objects, from, endOf(workload), port))
            .map((port) => `${JSON.stringify(from)} to ${describe(workload)}:${port}`),
        );
      }),
    mutation: (objects) => {
      const rules = networkPolicies(objects)
        .filter(({ metadata }) => metadata.name === 'producer-collection')
        .flatMap(({ spec }) => spec.ingress ?? []);
      first(rules, 'rule').from = [];
    },
  },
  {
    title:
      'no pod reaches the internet at large, but by the port of a service whose addresses the environment says are public',
    violations: (objects, { network, objectStore, logging, kafkaUi }) => {
      const open: [role: RegExp, port: number][] = [
        ...(network.objectStoreCidrs === 'public'
          ? [[/^consumer$/, portOf(objectStore.endpoint)] satisfies [RegExp, number]]
          : []),
        ...(network.searchCidrs === 'public'
          ? [[/^(fluentd|filebeat|log-indexer)$/, portOf(logging.search.endpoint)] satisfies [RegExp, number]]
          : []),
        ...(kafkaUi?.access.kind === 'public' && kafkaUi.access.oauthProvider.cidrs === 'public'
          ? [[/^kafka-ui$/, kafkaUi.access.oauthProvider.port] satisfies [RegExp, number]]
          : []),
      ];
      return workloads(objects).flatMap((workload) => {
        const allowed = open.filter(([role]) => role.test(roleOf(workload))).map(([, port]) => port);
        return [22, 80, 443, 8443, 9093, 9200]
          .filter((port) => mayConnect(objects, endOf(workload), INTERNET, port) !== allowed.includes(port))
          .map((port) => `${describe(workload)} to :${port}`);
      });
    },
    mutation: (objects) => {
      const rules = networkPolicies(objects)
        .filter(({ metadata }) => metadata.name === 'producer-collection')
        .flatMap(({ spec }) => spec.egress ?? [])
        .filter(({ ports = [] }) => ports.some(({ port }) => port === 9093));
      first(rules, 'rule').to = [{ ipBlock: { cidr: '0.0.0.0/0' } }];
    },
  },
  {
    title: 'each policy is for pods that the platform has',
    violations: (objects) =>
      networkPolicies(objects)
        .filter(({ metadata, spec }) => {
          const wanted = Object.entries(spec.podSelector.matchLabels ?? {});
          return !workloads(objects).some(
            (workload) =>
              workload.metadata.namespace === metadata.namespace &&
              wanted.every(([key, value]) => workload.spec.template.metadata.labels[key] === value),
          );
        })
        .map(({ metadata }) => describe({ kind: 'NetworkPolicy', metadata })),
    mutation: (objects) => {
      const selectors = networkPolicies(objects)
        .filter(({ metadata }) => metadata.name === 'producer-collection')
        .map(({ spec }) => spec.podSelector);
      first(selectors, 'selector').matchLabels = { 'app.kubernetes.io/name': 'nobody' };
    },
  },
  {
    title: 'whoever opens connections may ask for names',
    violations: (objects) => {
      const dns: End = { namespace: 'kube-system', labels: { 'k8s-app': 'kube-dns' } };
      return workloads(objects)
        .filter((workload) =>
          networkPolicies(objects).some(
            ({ metadata, spec }) =>
              metadata.namespace === workload.metadata.namespace &&
              Object.entries(spec.podSelector.matchLabels ?? { none: '' }).every(
                ([label, value]) => workload.spec.template.metadata.labels[label] === value,
              ) &&
              (spec.egress ?? []).length > 0,
          ),
        )
        .filter(
          (workload) =>
            !mayConnect(objects, endOf(workload), dns, 53, 'UDP') ||
            !mayConnect(objects, endOf(workload), dns, 53),
        )
        .map(describe);
    },
    mutation: (objects) => {
      for (const { spec } of networkPolicies(objects)) {
        for (const rule of spec.egress ?? [])
          rule.ports = (rule.ports ?? []).filter(({ port }) => port !== 53 || false);
      }
      const rules = networkPolicies(objects)
        .flatMap(({ spec }) => spec.egress ?? [])
        .filter(({ ports = [] }) => ports.length === 0);
      for (const rule of rules) rule.ports = [{ protocol: 'TCP', port: 1 }];
    },
  },
  {
    title: 'every rule names its peers and its ports: what it leaves out, it leaves open',
    violations: (objects: readonly Manifest[]) =>
      networkPolicies(objects)
        .filter(({ spec }) =>
          [...(spec.ingress ?? []), ...(spec.egress ?? [])].some(
            ({ from, to, ports = [] }) => (from ?? to ?? []).length === 0 || ports.length === 0,
          ),
        )
        .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`),
    mutation: (objects) => {
      const rules = networkPolicies(objects).flatMap(({ spec }) => spec.ingress ?? []);
      delete first(rules, 'rule').ports;
    },
  },
];
