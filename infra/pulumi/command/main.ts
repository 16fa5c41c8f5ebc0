import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { describeFailure } from '../../command-line.ts';
import type { Environment } from '../../environments/environment.ts';
import { environments } from '../../environments/environments.ts';
import { toMs } from '../../environments/quantities.ts';
import { readEnvironment } from '../../environments/read-environment.ts';
import { buildPlatform } from '../../platform.ts';
import { readCluster, readKubeConfig } from '../preflight/cluster.ts';
import { checkCluster } from '../preflight/cluster-requirements.ts';
import { readDeployed } from './deployed.ts';
import { growVolumes } from './grow-volumes.ts';
import { describeEnforcement, probeNetworkPolicies } from './network-probe.ts';
import { parseStackCommand, type StackCommand } from './options.ts';
import { readObjects } from '../stack/platform-objects.ts';
import { CommandFailed, PulumiCommand } from './pulumi-command.ts';
import { smokeTest } from './smoke-test.ts';

const ROOT = join(import.meta.dirname, '../../..');
/** Time for the edge, Kafka and the store besides the consumer's flush interval. */
const SMOKE_TEST_MARGIN_MS = 60_000;

/** Resources for the images, and their provider. */
const REPOSITORIES = ['**pulumi:providers:aws::**', '**:ImageRepositories**'].flatMap((urn) => [
  '--target',
  urn,
]);

// Pulumi runs the program with the first `node` on the PATH: that of the lock file.
process.env['PATH'] = [join(ROOT, 'node_modules/.bin'), process.env['PATH'] ?? ''].join(delimiter);
process.chdir(ROOT);

/** Of a source, for the smoke test; empty counts as not set. */
const KEY = process.env['HEADWATER_KEY'] || undefined;

const args = process.argv.slice(2);

async function main({ name, stack, yes, json, savePlan, plan }: StackCommand): Promise<void> {
  if (plan !== undefined && !existsSync(plan)) {
    throw new Error(`--plan must be a file that preview --save-plan wrote, got ${plan}, which is not there`);
  }
  const pulumi = new PulumiCommand(stack, process);
  await pulumi.requireStack();
  const environment = await readStackEnvironment(pulumi, stack);
  const confirm = yes ? ['--yes'] : [];
  switch (name) {
    case 'preview':
      return preview(pulumi, json, savePlan);
    case 'deploy':
      requireKey(environment);
      // The first time the registry does not exist yet. A plan is executed as a whole, so it is made later.
      if (environment.aws?.repositories === true && plan === undefined)
        await pulumi.run('up', ...confirm, ...REPOSITORIES);
      buildImages(environment.name);
      await pulumi.run('up', ...confirm, ...(plan === undefined ? [] : ['--plan', plan]));
      await checkNetworkPolicies(pulumi, environment);
      return sendEvents(environment);
    case 'grow-volume':
      return grow(pulumi, stack, environment);
  }
}

function preview(pulumi: PulumiCommand, json?: string, savePlan?: string): Promise<void> {
  const plan = savePlan === undefined ? [] : ['--save-plan', savePlan];
  return json === undefined
    ? pulumi.run('preview', '--diff', ...plan)
    : pulumi.runInto(json, 'preview', '--json', ...plan);
}

async function readStackEnvironment(pulumi: PulumiCommand, stack: string): Promise<Environment> {
  const name = await pulumi.configuration('environment').catch(() => stack);
  const found = Object.entries(environments).find(([known]) => known === name)?.[1];
  if (found === undefined) {
    throw new Error(`stack ${stack} must deploy one of ${Object.keys(environments).join(', ')}, got ${name}`);
  }
  return readEnvironment(found);
}

function buildImages(environment: string): void {
  const { status } = spawnSync(process.execPath, ['infra/images/main.ts', '--stack', environment], {
    stdio: 'inherit',
  });
  if (status !== 0) throw new CommandFailed('the images are not where the cluster can pull them');
}

async function checkNetworkPolicies(pulumi: PulumiCommand, environment: Environment): Promise<void> {
  const manifests = readObjects(buildPlatform(environment)).map(({ manifest }) => manifest);
  const config = readKubeConfig(await pulumi.configuration('context'));
  const { problem, text } = describeEnforcement(
    await probeNetworkPolicies({ config, environment, manifests }),
  );
  if (problem === 'certain' && environment.strict) throw new Error(text);
  if (problem === false) console.log(text);
  else console.warn(`warning: ${text}`);
}

/** @throws Error if the smoke test would be refused, before anything is changed */
function requireKey({ sources }: Environment): void {
  const isOpen = Object.values(sources).some(({ who }) => who === 'open');
  if (isOpen || KEY !== undefined) return;
  throw new Error(
    `HEADWATER_KEY must be a key of a source (${Object.keys(sources).join(', ')}), got none: deploy posts events through the edge; npx headwater keys new makes one`,
  );
}

async function sendEvents({ edge, objectStore, consumer }: Environment): Promise<void> {
  const { endpoint, region, pathStyle, bucket } = objectStore;
  const store = new S3Client({ endpoint, region, forcePathStyle: pathStyle });
  const deadlineMs = toMs(consumer.flushMaxAge) + SMOKE_TEST_MARGIN_MS;
  const { prefix, codec } = consumer;
  const uploadUrl = `https://${edge.host}/upload`;
  await smokeTest({ uploadUrl, key: KEY, store, bucket, prefix, codec, deadlineMs });
  console.log(`events posted to ${uploadUrl} stand in s3://${bucket}/${prefix}`);
}

async function grow(pulumi: PulumiCommand, stack: string, environment: Environment): Promise<void> {
  const manifests = readObjects(buildPlatform(environment)).map(({ manifest }) => manifest);
  const config = readKubeConfig(await pulumi.configuration('context'));
  const clusterUid = await pulumi.configuration('clusterUid');
  const { errors } = checkCluster(
    await readCluster(config, { kinds: [], namespaces: [] }),
    { environment, clusterUid },
    [],
    stack,
  );
  if (errors.length > 0) throw new Error(errors.join('\n'));
  const forget = async (set: string): Promise<void> => {
    const deployed = (await readDeployed(stack)).find(({ urn }) => urn.endsWith(`:StatefulSet::${set}`));
    if (deployed !== undefined)
      await pulumi.run('refresh', '--yes', '--skip-preview', '--target', deployed.urn);
  };
  const remade = await growVolumes({ config, manifests, forget, say: (text) => console.log(text) });
  console.log(
    remade.length === 0
      ? 'every volume has its size already'
      : `${remade.join(', ')}: the volumes have grown; npm run deploy -- --stack ${stack} makes the sets anew around their pods`,
  );
}

try {
  const command = parseStackCommand(args);
  if (typeof command === 'string') process.stdout.write(command);
  else await main(command);
} catch (error) {
  const { text, exitCode } = describeFailure(args[0] ?? 'deploy', error);
  if (!(error instanceof CommandFailed)) process.stderr.write(text);
  process.exitCode = error instanceof CommandFailed ? error.exitCode : exitCode;
}
