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
  for (const { from } of FORWARDS) {
    if (!(await isPortFree(from))) missing.push(`port ${from} of 127.0.0.1 is in use`);
  }
  return missing;
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
