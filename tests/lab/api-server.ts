import type { Host } from '../../infra/local/host.ts';
import { findFreePorts } from '../../infra/local/ports.ts';
import { Cluster } from './cluster.ts';
import { ControlPlane } from './control-plane.ts';
import { buildLabProgram } from './toolchain.ts';

export interface ApiServerOptions {
  /** Holds everything it writes; the caller removes it. */
  readonly directory: string;
  /** Whether the controllers run too: namespaces are emptied and removed, Deployments get their ReplicaSets. @default false */
  readonly controllerManager?: boolean;
  /** Whether pods are bound to the nodes that are in its list. @default false */
  readonly scheduler?: boolean;
  /** Where every write of the administrator is logged, as JSON lines. @default nowhere */
  readonly auditLog?: string;
  /** @default process */
  readonly host?: Host;
}

export interface ApiServer {
  /** Path of an administrator's kubeconfig that needs no other file. */
  readonly kubeconfig: string;
  readonly url: string;
  readonly cluster: Cluster;
  stop(): Promise<void>;
}

/**
 * A real API server and its etcd on loopback, without a node: objects are validated, admitted and stored, and no pod
 * ever runs. Kubernetes is built from its Go module on first use, which takes minutes. It needs Go, `etcd` and
 * `openssl`.
 */
export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const { directory, host = process } = options;
  const kubernetes = await buildLabProgram('kubernetes', { host, progress: (text) => console.error(text) });
  const [etcdClient = 0, etcdPeer = 0, apiServer = 0, controllerManager = 0, scheduler = 0] =
    await findFreePorts(5);
  const plane = new ControlPlane({
    host,
    directory,
    kubernetes,
    address: '127.0.0.1',
    ports: { etcdClient, etcdPeer, apiServer, controllerManager, scheduler },
    serviceCidr: '10.96.0.0/24',
    hasNodes: false,
    auditLog: options.auditLog,
  });
  const processes = [plane.etcd, plane.apiServer];
  if (options.controllerManager === true) processes.push(plane.controllerManager);
  if (options.scheduler === true) processes.push(plane.scheduler);
  const stop = async (): Promise<void> => {
    for (const process of processes.toReversed()) await process.stop();
  };
  try {
    for (const process of processes) await process.start();
  } catch (error) {
    await stop();
    throw error;
  }
  const { kubeconfig, url } = plane;
  const cluster = new Cluster(() => [kubernetes, 'kubectl', '--kubeconfig', kubeconfig]);
  return { kubeconfig, url, cluster, stop };
}
