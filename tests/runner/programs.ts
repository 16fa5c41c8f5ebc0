import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { runCommand } from '../../infra/local/command.ts';
import { findProgram } from '../../infra/local/find-program.ts';
import type { Host, Progress } from '../../infra/local/host.ts';

/** What only the machine's own packages bring: what is started (or looked for), and the Debian package that has it. */
const PROGRAMS = {
  buildah: 'buildah',
  '/usr/bin/chromium': 'chromium',
  // Debian 13's buildah builds nothing without it, and only recommends it.
  '/usr/lib/podman/netavark': 'netavark',
  '/usr/lib/cni/bridge': 'containernetworking-plugins',
  conntrack: 'conntrack',
  containerd: 'containerd',
  etcd: 'etcd-server',
  git: 'git',
  ip: 'iproute2',
  iptables: 'iptables',
  javac: 'default-jdk-headless',
  jq: 'jq',
  kcat: 'kcat',
  mmdebstrap: 'mmdebstrap',
  mvn: 'maven',
  nginx: 'nginx',
  nsenter: 'util-linux',
  openssl: 'openssl',
  pip3: 'python3-pip',
  prometheus: 'prometheus',
  promtool: 'prometheus',
  runc: 'runc',
  tini: 'tini',
  unshare: 'util-linux',
  wrk: 'wrk',
} as const;

/** Asked by a package before its service is started (Debian's invoke-rc.d(8)). */
const SERVICE_POLICY = '/usr/sbin/policy-rc.d';

export type ProgramName = keyof typeof PROGRAMS;

export function isProgramName(text: string): text is ProgramName {
  return text in PROGRAMS;
}

export function packageOf(program: ProgramName): string {
  return PROGRAMS[program];
}

/** Those that this machine does not have. */
export function missingPrograms(wanted: readonly ProgramName[], host: Host): readonly ProgramName[] {
  return wanted.filter((program) => !isFound(program, host));
}

/** The command that adds them, for a person. */
export function installCommand(programs: readonly ProgramName[]): string {
  return `sudo apt-get install -y --no-install-recommends ${packagesOf(programs).join(' ')}`;
}

/** Whether this user may install Debian's packages here. @param osRelease text of /etc/os-release */
export function mayInstall(uid: number | undefined, osRelease: string): boolean {
  return uid === 0 && /^ID=debian$/m.test(osRelease);
}

export interface InstallOptions {
  readonly host: Host;
  readonly uid: number | undefined;
  readonly progress: Progress;
  /** @default the text of /etc/os-release */
  readonly osRelease?: string;
  /** @default that of Debian */
  readonly servicePolicy?: string;
}

/**
 * Installs what is missing, where that may be done. It says so first.
 *
 * @returns what is missing still
 */
export async function installPrograms(
  wanted: readonly ProgramName[],
  { host, uid, progress, osRelease = readOsRelease(), servicePolicy = SERVICE_POLICY }: InstallOptions,
): Promise<readonly ProgramName[]> {
  const missing = missingPrograms(wanted, host);
  if (missing.length === 0 || !mayInstall(uid, osRelease)) return missing;
  const packages = packagesOf(missing);
  progress(`installing Debian's ${packages.join(', ')} with apt-get`);
  const environment = { DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (...args: readonly string[]): Promise<void> =>
    runCommand('apt-get', args, {
      host,
      cwd: '/',
      environment,
      onLine: (line) => {
        if (/^(Get:|Unpacking |Setting up )/.test(line)) progress(`apt-get: ${line}`);
      },
    });
  const isOurs = forbidServices(servicePolicy);
  try {
    await apt('update');
    await apt('install', '--yes', '--no-install-recommends', ...packages);
  } catch (error) {
    progress(`not installed: ${(error as Error).message}`);
  } finally {
    if (isOurs) rmSync(servicePolicy, { force: true });
  }
  return missingPrograms(wanted, host);
}

/** Has no package's service started: the programs are wanted, not a server on this machine. @returns whether it was not so before */
function forbidServices(policy: string): boolean {
  try {
    writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755, flag: 'wx' });
    return true;
  } catch {
    return false;
  }
}

function packagesOf(programs: readonly ProgramName[]): readonly string[] {
  return [...new Set(programs.map(packageOf))].sort();
}

/** @param program a path, or the name of a command */
export function isFound(program: string, host: Pick<Host, 'env'>): boolean {
  return findProgram(program, host) !== undefined;
}

function readOsRelease(): string {
  try {
    return readFileSync('/etc/os-release', 'utf8');
  } catch {
    return '';
  }
}
