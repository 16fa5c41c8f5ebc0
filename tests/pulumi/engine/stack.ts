import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
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
import { readConfiguration } from '../../../infra/pulumi/stack/configuration.ts';
import { deploy } from '../../../infra/pulumi/program/deploy.ts';
import { readDeployed } from '../../../infra/pulumi/command/deployed.ts';
import { buildPulumi } from './pulumi-cli.ts';

export const PASSPHRASE = 'a passphrase of the tests';

/** A directory for state and home of Pulumi, and its CLI. */
export interface Backend {
  readonly directory: string;
  readonly command: PulumiCommand;
  /** Set where the stand-in is used: the port that it serves. */
  readonly providerPort?: number;
}

export async function makeBackend(providerPort?: number): Promise<Backend> {
  const directory = await mkdtemp(join(tmpdir(), 'headwater-pulumi-state-'));
  return openBackend({ directory, root: await buildPulumi(process), providerPort });
}

/** @param root directory with `bin/pulumi` */
export async function openBackend({
  directory,
  root,
  providerPort,
}: {
  readonly directory: string;
  readonly root: string;
  readonly providerPort: number | undefined;
}): Promise<Backend> {
  for (const name of ['state', 'home', 'work', 'tmp'])
    await mkdir(join(directory, name), { recursive: true });
  // The CLI leaves a log of each of its runs there.
  process.env['TMPDIR'] = join(directory, 'tmp');
  const command = await PulumiCommand.get({ root });
  return { directory, command, ...(providerPort !== undefined && { providerPort }) };
}

export function removeBackend({ directory }: Backend): Promise<void> {
  return rm(directory, { recursive: true, force: true });
}

/** Where the real provider can be had, it is used, and the stand-in is not. */
export function findRealProvider(): string | undefined {
  const { PATH = '', PULUMI_HOME } = process.env;
  return [...PATH.split(delimiter), join(PULUMI_HOME ?? join(homedir(), '.pulumi'), 'bin')]
    .map((directory) => join(directory, 'pulumi-resource-kubernetes'))
    .find((path) => existsSync(path));
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
  const { directory, command, providerPort } = backend;
  const url = `file://${join(directory, 'state')}`;
  // The program asks the CLI that is on its PATH for the state, as it does when that CLI runs it.
  Object.assign(process.env, {
    PATH: [dirname(command.command), process.env['PATH'] ?? ''].join(delimiter),
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
        ...(providerPort !== undefined && {
          PULUMI_DEBUG_PROVIDERS: `kubernetes:${providerPort}`,
          // The engine would look for the provider that the stack's state names, though it is not going to start it.
          PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: 'true',
        }),
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
