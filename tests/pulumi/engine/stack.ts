import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { log, RunError } from '@pulumi/pulumi';
import {
  LocalWorkspace,
  PulumiCommand,
  type ConfigMap,
  type Stack,
  type UpdateSummary,
} from '@pulumi/pulumi/automation/index.js';
import type { Environment } from '../../../infra/environments/environment.ts';
import { environments } from '../../../infra/environments/environments.ts';
import { readCluster, readKubeConfig } from '../../../infra/pulumi/preflight/cluster.ts';
import type { Host, Progress } from '../../../infra/local/host.ts';
import { readConfiguration } from '../../../infra/pulumi/stack/configuration.ts';
import { deploy } from '../../../infra/pulumi/program/deploy.ts';
import { readDeployed } from '../../../infra/pulumi/command/deployed.ts';
import { buildKubernetesProvider } from './kubernetes-provider.ts';
import { buildPulumi } from './pulumi-cli.ts';

export const PASSPHRASE = 'a passphrase of the tests';

/** Directories of Pulumi's programs. */
export interface Programs {
  /** Has `bin/pulumi`. */
  readonly root: string;
  /** Has `pulumi-resource-kubernetes`. */
  readonly provider: string;
}

export async function buildPrograms(host: Host, progress?: Progress): Promise<Programs> {
  return {
    root: await buildPulumi(host, progress),
    provider: await buildKubernetesProvider(host, progress),
  };
}

/** A directory for state and home of Pulumi, and its programs. */
export interface Backend {
  readonly directory: string;
  readonly command: PulumiCommand;
  readonly programs: Programs;
}

export async function makeBackend(): Promise<Backend> {
  const directory = await mkdtemp(join(tmpdir(), 'headwater-pulumi-state-'));
  return openBackend(directory, await buildPrograms(process));
}

export async function openBackend(directory: string, programs: Programs): Promise<Backend> {
  for (const name of ['state', 'home', 'work', 'tmp'])
    await mkdir(join(directory, name), { recursive: true });
  // The CLI leaves a log of each of its runs there.
  process.env['TMPDIR'] = join(directory, 'tmp');
  const command = await PulumiCommand.get({ root: programs.root });
  return { directory, command, programs };
}

export function removeBackend({ directory }: Backend): Promise<void> {
  return rm(directory, { recursive: true, force: true });
}

export interface StackOptions {
  readonly backend: Backend;
  readonly name: string;
  /** Read again at each run, so that a test can change it. */
  readonly environment: () => Environment;
  /** @default PASSPHRASE */
  readonly passphrase?: string;
}

/** A stack whose program is the real one, run inside this process. */
export async function openStack({
  backend,
  name,
  environment,
  passphrase = PASSPHRASE,
}: StackOptions): Promise<Stack> {
  const { directory, command, programs } = backend;
  const url = `file://${join(directory, 'state')}`;
  // The program asks the CLI that is on its PATH for the state, as it does when that CLI runs it; the engine finds the
  // provider there.
  Object.assign(process.env, {
    PATH: [dirname(command.command), programs.provider, process.env['PATH'] ?? ''].join(delimiter),
    PULUMI_HOME: join(directory, 'home'),
    PULUMI_BACKEND_URL: url,
    PULUMI_CONFIG_PASSPHRASE: passphrase,
  });
  const stack: Stack = await LocalWorkspace.createOrSelectStack(
    {
      stackName: name,
      projectName: 'headwater',
      program: () => run(name, environment()),
    },
    {
      workDir: join(directory, 'work'),
      pulumiHome: join(directory, 'home'),
      pulumiCommand: command,
      projectSettings: {
        name: 'headwater',
        runtime: 'nodejs',
        backend: { url },
      },
      envVars: {
        PULUMI_CONFIG_PASSPHRASE: passphrase,
        PULUMI_SKIP_UPDATE_CHECK: 'true',
        // A provider of another version than the one on the PATH is an error, and no download.
        PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: 'true',
      },
    },
  );
  return stack;
}

/** As `infra/index.ts` does it, whose environments are those of the repository. */
async function run(name: string, environment: Environment): Promise<Record<string, unknown>> {
  try {
    return {
      ...(await deploy({
        configuration: readConfiguration(),
        environments: { ...environments, [name]: environment },
        readCluster: (context, questions) => readCluster(readKubeConfig(context), questions),
        readDeployed: () => readDeployed(name),
        warn: (text) => void log.warn(text),
      })),
    };
  } catch (error) {
    throw error instanceof Error ? new RunError(error.message) : error;
  }
}

/** Every secret with a content of its own, and the cluster pinned. */
export function secretConfiguration(
  values: Readonly<Record<string, string>>,
  plain: readonly string[],
): ConfigMap {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, { value, secret: !plain.includes(key) }]),
  );
}

/** The same backend, whose previews are one JSON document on standard output, which the Automation API has no option for. */
export async function withJsonPreviews(backend: Backend): Promise<Backend> {
  const root = join(backend.directory, 'json');
  const real = backend.command.command;
  await mkdir(join(root, 'bin'), { recursive: true });
  const script = `#!/bin/sh\nif [ "$1" = preview ]; then set -- "$@" --json; fi\nexec '${real}' "$@"\n`;
  await writeFile(join(root, 'bin/pulumi'), script, { mode: 0o755 });
  return { ...backend, command: await PulumiCommand.get({ root }) };
}

/** `update: 47 create in 8 s` */
export function figuresOf({ kind, resourceChanges = {}, startTime, endTime }: UpdateSummary): string {
  const changes = Object.entries(resourceChanges).map(([change, count]) => `${count} ${change}`);
  const seconds = (new Date(endTime).getTime() - new Date(startTime).getTime()) / 1000;
  return `${kind}: ${changes.join(', ') || 'nothing'} in ${seconds} s`;
}
