// The node: everything that runs inside the lab's own network, process and mount namespaces. It is started by the
// keeper, with the paths of the binaries as JSON, and runs until it is told to stop.
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import type { ManagedProcess } from '../../../infra/local/managed-process.ts';
import { lab } from '../../../infra/environments/lab.ts';
import { ObjectStore } from '../../../infra/local/object-store.ts';
import { waitUntil } from '../../../infra/local/wait.ts';
import { ControlPlane } from '../control-plane.ts';
import { CONTAINERD_SOCKET, DIRECTORY, NODE_ADDRESS, NODE_NAME, PATHS, SERVICE_CIDR } from '../place.ts';
import type { Parts } from '../parts.ts';
import { makeCgroups } from '../namespaces.ts';
import { keepUnlessAway, searchCluster } from '../search/search-cluster.ts';
import { writeConfiguration } from './configuration.ts';
import { serveIngress } from './gate.ts';
import { mountDirectories } from './mounts.ts';
import { setUpNetwork } from './network.ts';
import { CLUSTER_OBJECTS } from './objects.ts';
import { NodeProcesses } from './processes.ts';

const { binaries, pauseImage, search } = JSON.parse(process.argv[2] ?? '{}') as Parts;
const began = performance.now();
const running: ManagedProcess[] = [];
const stopping = new AbortController();
/** It is the users' own too, and the only part that may be away while the node runs. */
const searched = searchCluster({
  host: process,
  server: search,
  directory: PATHS.search,
  endpoint: lab.logging.search.endpoint,
});
let keptSearch = Promise.resolve();

function say(text: string): void {
  console.log(`lab: ${text} (${((performance.now() - began) / 1_000).toFixed(1)} s)`);
}

async function start(...processes: readonly ManagedProcess[]): Promise<void> {
  running.push(...processes);
  await Promise.all(processes.map((process) => process.start()));
  say(`${processes.map(({ name }) => name).join(', ')} ready`);
}

async function raise(): Promise<void> {
  mountDirectories();
  setUpNetwork();
  makeCgroups();
  const plane = new ControlPlane({
    host: process,
    directory: DIRECTORY,
    kubernetes: binaries.kubernetes,
    address: NODE_ADDRESS,
    ports: {
      etcdClient: 2379,
      etcdPeer: 2380,
      apiServer: 6443,
      controllerManager: 10_257,
      scheduler: 10_259,
    },
    serviceCidr: SERVICE_CIDR,
    hasNodes: true,
  });
  const kubeconfigs = {
    kubelet: plane.kubeconfigOf('kubelet', `/O=system:nodes/CN=system:node:${NODE_NAME}`),
    kubeProxy: plane.kubeconfigOf('kube-proxy', '/CN=system:kube-proxy'),
    coredns: plane.kubeconfigOf('coredns', '/O=system:masters/CN=coredns'),
    addons: plane.kubeconfigOf('addons', '/O=system:masters/CN=addons'),
  };
  const files = writeConfiguration({
    directory: DIRECTORY,
    authority: plane.authority.certificate,
    kubeletServing: plane.authority.issue({
      name: 'kubelet-serving',
      subject: `/O=system:nodes/CN=system:node:${NODE_NAME}`,
      subjectAltNames: [`IP:${NODE_ADDRESS}`, `DNS:${NODE_NAME}`],
    }),
    kubeconfigs,
  });
  const node = new NodeProcesses({
    host: process,
    directory: DIRECTORY,
    binaries,
    plane,
    files,
    kubeconfigs,
  });

  await start(plane.etcd, node.containerd());
  execFileSync('ctr', ['-a', CONTAINERD_SOCKET, '-n', 'k8s.io', 'images', 'import', pauseImage], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  await start(plane.apiServer);
  await start(plane.controllerManager, plane.scheduler, node.kubelet(), node.kubeProxy());
  const kubectl = (args: readonly string[], input?: string): string =>
    execFileSync(binaries.kubernetes, ['kubectl', '--kubeconfig', plane.kubeconfig, ...args], {
      encoding: 'utf8',
      timeout: 60_000,
      ...(input !== undefined && { input }),
    });
  const objects = CLUSTER_OBJECTS.map((object) => JSON.stringify(object)).join('\n');
  kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], objects);
  await Promise.all([
    start(
      ...[node.coredns(), node.networkPolicies(), node.volumeProvisioner()],
      ...[node.metricsServer(), node.ingressController()],
      await objectStore(),
    ),
    searched.start(),
  ]);
  keptSearch = keepUnlessAway(searched, PATHS.searchAway, stopping.signal);
  await waitUntil(
    () => {
      const ready = 'jsonpath={.status.conditions[?(@.type=="Ready")].status}';
      return kubectl(['get', 'node', NODE_NAME, '-o', ready]) === 'True';
    },
    { what: 'a ready node', deadlineMs: 120_000, everyMs: 500 },
  );
  await serveIngress();
  say('the node is ready');
}

/** It is the users' own, outside the cluster: a process beside it. */
function objectStore(): Promise<ObjectStore> {
  const { bucket } = lab.objectStore;
  const { hostname, port } = new URL(lab.objectStore.endpoint);
  return ObjectStore.create({
    host: process,
    directory: PATHS.objectStore,
    bucket,
    address: hostname,
    port: Number(port),
  });
}

async function stop(): Promise<void> {
  stopping.abort();
  rmSync(PATHS.ready, { force: true });
  await keptSearch;
  for (const process of [...running, searched].toReversed()) await process.stop();
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    void stop().then(() => process.exit(0));
  });
}

try {
  await raise();
  writeFileSync(PATHS.ready, '');
} catch (error) {
  console.error(error);
  await stop();
  process.exit(1);
}

// A node that lost a part is not a node: the keeper ends with it, and `up` raises all of it again.
const lost = await Promise.race(running.map((process) => process.exited.then(() => process.name)));
if (!stopping.signal.aborted) {
  console.error(`lab: ${lost} ended`);
  await stop();
  process.exit(1);
}
