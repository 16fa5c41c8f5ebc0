import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { NetworkPeer } from '../../../../infra/constructs/cluster/network-policies.ts';
import { selectorLabels } from '../../../../infra/constructs/workloads/labels.ts';
import { connections } from '../../../../infra/charts/connections.ts';
import type { Environment } from '../../../../infra/environments/environment.ts';
import { portOf } from '../../../../infra/charts/port-of.ts';
import type { Cluster } from '../../../lab/cluster.ts';
import { NODE_ADDRESS } from '../../../lab/place.ts';

const execute = promisify(execFile);

/** What a network policy knows one end of a connection by. */
export interface End {
  readonly name: string;
  /** None where it is no pod. */
  readonly namespace?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly address: string;
}

/** Where a connection is opened to, and who takes it. */
export interface Target extends End {
  /** `<address>:<port>` as it is dialled. */
  readonly dialled: string;
  /** The port behind it. */
  readonly port: number;
}

/** A pod or a Service, as far as it matters here. */
interface Listed {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
  };
  readonly spec: {
    readonly containers?: readonly { readonly ports?: readonly { readonly containerPort: number }[] }[];
    readonly clusterIP?: string;
    readonly selector?: Readonly<Record<string, string>>;
    readonly ports?: readonly { readonly port: number }[];
  };
  readonly status: { readonly phase?: string; readonly podIP?: string };
}

/** A pod that runs, and what it listens on. */
export interface PodEnd extends End {
  readonly namespace: string;
  readonly uid: string;
  readonly targets: readonly Target[];
}

/** Those of a namespace that run, by name. */
export function podEnds(cluster: Cluster, namespace: string): readonly PodEnd[] {
  return list(cluster, namespace, 'pods')
    .filter(({ metadata, status }) => status.phase === 'Running' && metadata.deletionTimestamp === undefined)
    .map(({ metadata, spec, status }) => {
      const { name, uid, labels = {} } = metadata;
      const end = { name, namespace, labels, address: status.podIP ?? '' };
      const ports = (spec.containers ?? []).flatMap(({ ports = [] }) => ports);
      const targets = ports.map(({ containerPort }) => target(end, containerPort));
      return { ...end, uid, targets };
    })
    .toSorted((a, b) => a.name.localeCompare(b.name));
}

/** The Services of a namespace that have an address. */
export function serviceTargets(cluster: Cluster, namespace: string): readonly Target[] {
  return list(cluster, namespace, 'services')
    .filter(({ spec }) => spec.clusterIP !== 'None')
    .flatMap(({ metadata, spec }) => {
      const { name } = metadata;
      const end = { name, namespace, labels: spec.selector ?? {}, address: spec.clusterIP ?? '' };
      return (spec.ports ?? []).map(({ port }) => target(end, port));
    });
}

/** What the platform uses and Kubernetes does not run. */
export function outsideTargets(environment: Environment): readonly Target[] {
  const end = { labels: {}, address: NODE_ADDRESS };
  return [
    target({ ...end, name: 'object-store' }, portOf(environment.objectStore.endpoint)),
    target({ ...end, name: 'search' }, portOf(environment.logging.search.endpoint)),
    target({ ...end, name: 'api-server' }, 6443),
    { ...target({ ...end, name: 'api-server-service' }, 6443), dialled: '10.96.0.1:443' },
  ];
}

/** Whether what the platform declares lets one end open a connection to the other. */
export function isDeclared(environment: Environment, from: End, to: Target): boolean {
  return connections(environment).some(
    (connection) =>
      isPeer(connection.from, from) && isPeer(connection.to, to) && connection.ports.includes(to.port),
  );
}

/** What becomes of connections to these, opened in the network that a process is in. */
export async function reach(pid: number, targets: readonly Target[]): Promise<ReadonlyMap<string, string>> {
  const { stdout } = await execute('nsenter', [
    ...[`--target=${pid}`, '--net', '--', process.execPath, join(import.meta.dirname, 'reach.ts')],
    ...targets.map(({ dialled }) => dialled),
  ]);
  return new Map(Object.entries(JSON.parse(stdout) as Record<string, string>));
}

function target(end: End, port: number): Target {
  return { ...end, port, dialled: `${end.address}:${port}` };
}

function isPeer(peer: NetworkPeer, end: End): boolean {
  switch (peer.kind) {
    case 'workload':
      return (
        peer.namespace === end.namespace &&
        Object.entries(selectorLabels(peer.identity)).every(([label, value]) => end.labels[label] === value)
      );
    case 'namespace':
      return peer.namespace === end.namespace;
    case 'addresses':
      // In the lab all stand alone.
      return peer.cidrs.includes(`${end.address}/32`);
  }
}

function list(cluster: Cluster, namespace: string, resource: string): readonly Listed[] {
  return (cluster.get(namespace, resource) as { readonly items: readonly Listed[] }).items;
}
