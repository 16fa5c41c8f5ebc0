import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { commandOutput } from '../local/command.ts';
import type { Host } from '../local/host.ts';
import type { Manifests } from './changes.ts';
import { readObjects, type ManifestObject } from './objects.ts';

/** Prints what of the environments reaches no manifest: the store of the objects, which Pulumi makes. */
const PRINT_STORES = `
  const { environments } = await import('./infra/environments/environments.ts');
  const stores = Object.entries(environments).map(([name, { objectStore, consumer }]) => [name, { objectStore, consumer }]);
  console.log(JSON.stringify(Object.fromEntries(stores)));
`;

/**
 * What a checkout synthesizes, by its own code and its own dependencies.
 *
 * @param directory where the manifests are written
 * @param environments names, none means all
 * @throws {Error} with what the synthesis says, where it refuses
 */
export async function synthesize(
  checkout: string,
  directory: string,
  environments: readonly string[],
  host: Host,
): Promise<Manifests> {
  const options = { host, cwd: checkout };
  const [, stores] = await Promise.all([
    commandOutput(host.execPath, ['infra/synth.ts', ...environments], {
      ...options,
      environment: { CDK8S_OUTDIR: directory },
    }),
    commandOutput(host.execPath, ['--input-type=module', '--eval', PRINT_STORES], options),
  ]);
  const known = JSON.parse(stores) as Record<string, unknown>;
  const names = (await readdir(directory)).sort();
  const sides = names.map(async (name): Promise<[string, readonly ManifestObject[]]> => [
    name,
    [...(await readManifests(join(directory, name))), ...bucketOf(known[name])],
  ]);
  return Object.fromEntries(await Promise.all(sides));
}

export async function readManifests(directory: string): Promise<readonly ManifestObject[]> {
  const files = (await readdir(directory)).filter((file) => file.endsWith('.yaml')).sort();
  const texts = await Promise.all(files.map((file) => readFile(join(directory, file), 'utf8')));
  return texts.flatMap(readObjects);
}

/** The bucket as if it were an object of the cluster, so that it is compared like one. */
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
