import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Host } from '../../infra/local/host.ts';
import { isPortFree } from '../../infra/local/ports.ts';
import { FORWARDS } from './place.ts';

/** What the lab starts by name, and the Debian package that has it. */
const COMMANDS = {
  buildah: 'buildah',
  conntrack: 'conntrack',
  containerd: 'containerd',
  etcd: 'etcd-server',
  ip: 'iproute2',
  iptables: 'iptables',
  javac: 'default-jdk-headless',
  mvn: 'maven',
  nsenter: 'util-linux',
  openssl: 'openssl',
  runc: 'runc',
  tini: 'tini',
  unshare: 'util-linux',
} as const;

/** What a node does to the namespaces, mounts and rules that it is given, once each, where it is undone by itself. */
const TRIAL = `
mount -t tmpfs trial /run
mkdir /run/lower /run/upper /run/work /run/all
mount -t overlay -o lowerdir=/run/lower,upperdir=/run/upper,workdir=/run/work trial /run/all
ip link add trial type bridge
echo 1 >/proc/sys/net/bridge/bridge-nf-call-iptables
iptables --wait --table mangle --append FORWARD -m conntrack --ctstate NEW -j NFQUEUE --queue-num 1
group=/sys/fs/cgroup/cpu/headwater-lab-trial
mkdir "$group"
rmdir "$group"`;

/** @returns why the lab cannot be raised on this machine, a line each; empty where it can */
export async function missingRequirements(host: Host, uid: number | undefined): Promise<string[]> {
  const missing: string[] = [];
  if (host.platform !== 'linux') missing.push(`it needs Linux, and this is ${host.platform}`);
  if (uid !== 0) missing.push(`it needs root: it makes network, mount and process namespaces`);
  const packages = Object.entries(COMMANDS)
    .filter(([command]) => !isFound(host, command))
    .map(([, name]) => name);
  if (packages.length > 0) {
    missing.push(`it needs programs that are not here: apt-get install ${[...new Set(packages)].join(' ')}`);
  }
  if (!isFound(host, 'go')) missing.push('it needs Go, to build Kubernetes');
  // Where Debian's containernetworking-plugins puts them.
  if (!isExecutable('/usr/lib/cni/bridge'))
    missing.push('it needs apt-get install containernetworking-plugins');
  if (missing.length === 0) missing.push(...refusedByKernel());
  for (const { from } of FORWARDS) {
    if (!(await isPortFree(from))) missing.push(`port ${from} of 127.0.0.1 is in use`);
  }
  return missing;
}

/** Root may be without rights that a node needs, as it is in most containers, and the kernel without modules. */
function refusedByKernel(): string[] {
  const namespaces = ['--net', '--mount', '--pid', '--ipc', '--fork', '--mount-proc'];
  const { status, stderr } = spawnSync('unshare', [...namespaces, 'sh', '-euc', TRIAL], {
    encoding: 'utf8',
    timeout: 30_000,
  });
  if (status === 0) return [];
  return [`what a node does is not allowed here: ${stderr.trim().split('\n').at(-1) ?? 'no answer'}`];
}

function isFound(host: Host, command: string): boolean {
  return (host.env['PATH'] ?? '')
    .split(delimiter)
    .some((directory) => isExecutable(join(directory, command)));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
