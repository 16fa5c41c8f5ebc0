import { join } from 'node:path';

/** Where the lab is, on the machine and in its own network. There is one lab on a machine. */
export const DIRECTORY = '/srv/headwater-lab';

/** What of the lab is called from outside its network: ports of 127.0.0.1, and those of the ingress behind them. */
export const FORWARDS = [
  { from: 18_080, to: 80 },
  { from: 18_443, to: 443 },
] as const;

/** The node's address in the lab's own network, where also what is outside Kubernetes is called. */
export const NODE_ADDRESS = '172.30.0.1';

export const NODE_NAME = 'lab';

export const SERVICE_CIDR = '10.96.0.0/16';

export const DNS_ADDRESS = '10.96.0.10';

/** The cgroup of all pods, below each controller's root. */
export const CGROUP = 'headwater-lab';

export const CONTAINERD_SOCKET = '/run/containerd/containerd.sock';

/** Paths below the lab's directory. */
export const PATHS = {
  /** Stands while everything of the node runs. */
  ready: join(DIRECTORY, 'ready'),
  /** One socket for each port of the ingress: the way into the lab's network. */
  socket: (port: number): string => join(DIRECTORY, `ingress-${port}.sock`),
  /** Becomes `/var/lib` for the lab's processes. */
  varLib: join(DIRECTORY, 'var-lib'),
  /** Becomes `/var/log` for the lab's processes. */
  varLog: join(DIRECTORY, 'var-log'),
  volumes: join(DIRECTORY, 'volumes'),
  /** Of the object store that is outside the cluster. */
  objectStore: join(DIRECTORY, 'object-store'),
  /** Of the search cluster that is outside the cluster. */
  search: join(DIRECTORY, 'search'),
  /** While it stands, the search cluster is away. */
  searchAway: join(DIRECTORY, 'search-away'),
  /** Of Pulumi: the state of the stack, its configuration and its plugins. */
  pulumi: join(DIRECTORY, 'pulumi'),
  /** Which process has Pulumi's engine work on the stack. */
  operator: join(DIRECTORY, 'operator.pid'),
  /** Says where the brokers' metadata is kept, from the first `up` on. */
  metadata: join(DIRECTORY, 'metadata'),
  /** Of the administrator. */
  kubeconfig: join(DIRECTORY, 'admin.kubeconfig'),
} as const;
