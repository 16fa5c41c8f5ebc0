import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { commandOutput } from '../local/command.ts';
import type { Host } from '../local/host.ts';
import type { Manifests } from './changes.ts';
import { readObjects, type ManifestObject } from './objects.ts';
import type { Tree } from './tree.ts';

/** Prints the values of the environments: not every value is in a manifest. */
const PRINT_ENVIRONMENTS = `
  const { environments } = await import('./infra/environments/environments.ts');
  console.log(JSON.stringify(environments));
`;

/** The output of a checkout's code. */
export interface Synthesized {
  /** Of the selected environments that the checkout has. */
  readonly manifests: Manifests;
  /** The value of every environment, by its name. */
  readonly values: Readonly<Record<string, Tree>>;
}

/**
 * Synthesizes a checkout with its own code and dependencies.
 *
 * @param directory receives the manifests
 * @param environments names, empty for all; names that the checkout does not have are left out
 * @throws {Error} with the message of the synthesis if it fails
 */
export async function synthesize(
  checkout: string,
  directory: string,
  environments: readonly string[],
  host: Host,
): Promise<Synthesized> {
  const printing = printEnvironments(checkout, host);
  const write = async (): Promise<readonly string[]> => {
    // The synthesis fails on an unknown name, so names that the checkout does not have are removed first.
    const chosen = environments.length === 0 ? [] : await knownOf(environments, printing);
    if (environments.length > 0 && chosen.length === 0) return [];
    await rm(directory, { recursive: true, force: true });
    await commandOutput(host.execPath, ['infra/synth.ts', ...chosen], {
      host,
      cwd: checkout,
      environment: { CDK8S_OUTDIR: directory },
    });
    return (await readdir(directory)).sort();
  };
  const [known, names] = await Promise.all([printing, write()]);
  const sides = names.map(async (name): Promise<[string, readonly ManifestObject[]]> => [
    name,
    [...(await readManifests(join(directory, name))), ...bucketOf(known.get(name))],
  ]);
  return {
    manifests: Object.fromEntries(await Promise.all(sides)),
    values: Object.fromEntries(known),
  };
}

async function printEnvironments(checkout: string, host: Host): Promise<ReadonlyMap<string, Tree>> {
  const args = ['--input-type=module', '--eval', PRINT_ENVIRONMENTS];
  const printed = await commandOutput(host.execPath, args, { host, cwd: checkout });
  return new Map(Object.entries(JSON.parse(printed) as Record<string, Tree>));
}

async function knownOf(
  names: readonly string[],
  printing: Promise<ReadonlyMap<string, Tree>>,
): Promise<readonly string[]> {
  const known = await printing;
  return names.filter((name) => known.has(name));
}

export async function readManifests(directory: string): Promise<readonly ManifestObject[]> {
  const files = (await readdir(directory)).filter((file) => file.endsWith('.yaml')).sort();
  const texts = await Promise.all(files.map((file) => readFile(join(directory, file), 'utf8')));
  return texts.flatMap(readObjects);
}

/** Returns the bucket in the form of a Kubernetes object, so that it is compared like one. */
export function bucketOf(environment: unknown): readonly ManifestObject[] {
  if (!isRecord(environment) || !isRecord(environment['objectStore'])) return [];
  const { bucket, endpoint, region, expiryDays } = environment['objectStore'];
  if (typeof bucket !== 'string') return [];
  const prefix = isRecord(environment['consumer']) ? environment['consumer']['prefix'] : undefined;
  return [
    {
      apiVersion: 'v1',
      kind: 'Bucket',
      metadata: { name: bucket },
      spec: { endpoint, region, expiryDays, prefix },
    },
  ];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
