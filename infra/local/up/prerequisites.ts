import { execFile } from 'node:child_process';
import { access, constants, statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Host } from '../host.ts';
import { isPortFree } from '../ports.ts';
import { makePrivateDirectory } from '../private-directory.ts';

const execute = promisify(execFile);
const VERSITYGW_MODULE = fileURLToPath(new URL('../versitygw', import.meta.url));

/** Prerequisites of the chosen options only. */
export interface Needs {
  readonly java?: boolean;
  readonly maven?: boolean;
  readonly go?: boolean;
  /** A specific port that must be free. */
  readonly port?: number | undefined;
  /** A directory that can be written. */
  readonly state: string;
  /** Free bytes on its disk. */
  readonly freeBytes: number;
  /** A file that can be read. */
  readonly input?: string | undefined;
}

/** @returns everything that is missing, each with a remedy; empty if nothing is */
export async function findProblems(needs: Needs, host: Host): Promise<string[]> {
  const problems = await Promise.all([
    needs.java && javaProblem(host),
    needs.maven && mavenProblem(host),
    needs.go && goProblem(host),
    needs.port !== undefined && portProblem(needs.port),
    diskProblem(needs.state, needs.freeBytes),
    needs.input !== undefined && inputProblem(needs.input),
  ]);
  return problems.filter((problem) => typeof problem === 'string');
}

async function javaProblem(host: Host): Promise<string | undefined> {
  const { JAVA_HOME } = host.env;
  const output = await outputOf(host, JAVA_HOME === undefined ? 'java' : `${JAVA_HOME}/bin/java`, [
    '-version',
  ]);
  const version = /version "(?:1\.)?(\d+)/.exec(output ?? '')?.[1];
  if (version !== undefined && Number(version) >= 17) return undefined;
  const found = version === undefined ? 'is missing' : `is needed, found ${version}`;
  return `java 17 or newer ${found}, to run Kafka: ${install(host, 'default-jre-headless', 'openjdk')}`;
}

async function mavenProblem(host: Host): Promise<string | undefined> {
  if ((await outputOf(host, 'mvn', ['--version'])) !== undefined) return undefined;
  return `mvn is missing, to fetch the jars of Kafka as ~/.m2/settings.xml says: ${install(host, 'maven', 'maven')}`;
}

/** In the module's directory, where a Go of another version fetches the one that the module asks for, if it may. */
async function goProblem(host: Host): Promise<string | undefined> {
  const output = await outputOf(host, 'go', ['version'], VERSITYGW_MODULE);
  const [, version, minor] = /go version go(1\.(\d+)\S*)/.exec(output ?? '') ?? [];
  if (Number(minor) >= 21) return undefined;
  const found = version === undefined ? 'is missing' : `is needed, found ${version}`;
  return `go 1.25 or newer ${found}, to build the object store: ${
    host.platform === 'darwin' ? 'brew install go' : goCommand(host.arch)
  }`;
}

/** Debian 12 packages Go 1.19, so the command is that of go.dev. */
function goCommand(arch: string): string {
  const archive = `https://go.dev/dl/go1.26.8.linux-${arch === 'x64' ? 'amd64' : arch}.tar.gz`;
  return `curl -fsSL ${archive} | sudo tar -C /usr/local -xz && export PATH=$PATH:/usr/local/go/bin`;
}

function install({ platform }: Host, debian: string, homebrew: string): string {
  return platform === 'darwin' ? `brew install ${homebrew}` : `sudo apt-get install -y ${debian}`;
}

async function portProblem(port: number): Promise<string | undefined> {
  if (await isPortFree(port)) return undefined;
  return `port ${port} is in use: end what listens there (ss -ltnp 'sport = :${port}' names it), or choose another with --port`;
}

async function diskProblem(state: string, freeBytes: number): Promise<string | undefined> {
  const directory = resolve(state);
  try {
    makePrivateDirectory(directory);
    await access(directory, constants.W_OK);
    const { bavail, bsize } = await statfs(directory);
    const free = bavail * bsize;
    if (free >= freeBytes) return undefined;
    return `the disk of ${directory} is full: ${inMebibytes(freeBytes)} MiB are needed, ${inMebibytes(free)} are free; choose another with --state`;
  } catch (error) {
    return `${directory} cannot be written (${(error as NodeJS.ErrnoException).code ?? ''}): choose another with --state`;
  }
}

async function inputProblem(input: string): Promise<string | undefined> {
  try {
    await access(input, constants.R_OK);
    return undefined;
  } catch (error) {
    return `--input must be a readable file, got ${input} (${(error as NodeJS.ErrnoException).code ?? ''})`;
  }
}

function inMebibytes(bytes: number): number {
  return Math.floor(bytes / 1024 ** 2);
}

/** @returns undefined where the command cannot be run */
async function outputOf(
  host: Host,
  command: string,
  args: readonly string[],
  cwd = dirname(VERSITYGW_MODULE),
): Promise<string | undefined> {
  try {
    const { stdout, stderr } = await execute(command, args, { cwd, env: { ...host.env } });
    return stdout + stderr;
  } catch {
    return undefined;
  }
}
