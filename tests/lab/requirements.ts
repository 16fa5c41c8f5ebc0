import { spawnSync } from 'node:child_process';
import type { Host } from '../../infra/local/host.ts';
import { isPortFree } from '../../infra/local/ports.ts';
import { installCommand, isFound, missingPrograms, type ProgramName } from '../runner/programs.ts';
import { FORWARDS } from './place.ts';

/** What the lab starts, beside what it builds. */
export const PROGRAMS: readonly ProgramName[] = [
  ...([
    'buildah',
    '/usr/lib/podman/netavark',
    '/usr/lib/cni/bridge',
    'conntrack',
    'containerd',
    'etcd',
    'ip',
    'iptables',
  ] as const),
  ...(['javac', 'mmdebstrap', 'mvn', 'nsenter', 'openssl', 'runc', 'tini', 'unshare'] as const),
];

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

/** Why the lab cannot be raised on this machine, a line each. */
export interface Obstacles {
  /** What can be mended. */
  readonly missing: readonly string[];
  /** What this machine, or this user, may not do. */
  readonly refused: readonly string[];
}

export async function findObstacles(host: Host, uid: number | undefined): Promise<Obstacles> {
  const refused: string[] = [];
  if (host.platform !== 'linux') refused.push(`it needs Linux, and this is ${host.platform}`);
  if (uid !== 0) refused.push(`it needs root: it makes network, mount and process namespaces`);
  const missing: string[] = [];
  const programs = missingPrograms(PROGRAMS, host);
  if (programs.length > 0) missing.push(`it needs programs that are not here: ${installCommand(programs)}`);
  if (!isFound('go', host)) missing.push('it needs Go, to build Kubernetes');
  for (const { from } of FORWARDS) {
    if (!(await isPortFree(from))) missing.push(`port ${from} of 127.0.0.1 is in use`);
  }
  if (programs.length === 0 && refused.length === 0) refused.push(...refusedByKernel());
  return { missing, refused };
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
