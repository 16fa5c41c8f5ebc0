import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { examples } from '../examples/examples.ts';
import { readWarnings } from './constructs/requirements.ts';
import { environments } from './environments/environments.ts';
import { readEnvironment } from './environments/read-environment.ts';
import { buildPlatform } from './platform.ts';
import { writeManifests } from './write-manifests.ts';

/**
 * Writes the manifests of every environment, of those that are named, or of one that is given as JSON, to
 * `<outdir>/<environment>/`. An example is written where it is named, or with `--examples`.
 * `CDK8S_OUTDIR` (default `dist`) is where `cdk8s synth` expects them.
 */
function main(): void {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { file: { type: 'string', short: 'f' }, examples: { type: 'boolean' } },
  });
  const outdir = process.env['CDK8S_OUTDIR'] ?? 'dist';
  for (const candidate of chooseEnvironments(values, positionals)) {
    const environment = readEnvironment(candidate);
    const directory = join(outdir, environment.name);
    const app = buildPlatform(environment);
    rmSync(directory, { recursive: true, force: true });
    writeManifests(app, directory);
    for (const warning of readWarnings(app)) console.warn(`warning: ${environment.name}: ${warning}`);
  }
}

interface Options {
  readonly file?: string | undefined;
  readonly examples?: boolean | undefined;
}

function chooseEnvironments(
  { file, examples: withExamples }: Options,
  names: readonly string[],
): readonly unknown[] {
  if (file !== undefined) return [JSON.parse(readFileSync(file === '-' ? 0 : file, 'utf8'))];
  const all: Readonly<Record<string, unknown>> = { ...environments, ...examples };
  if (names.length === 0) return Object.values(withExamples === true ? all : environments);
  return names.map((name) => {
    const environment = Object.entries(all).find(([known]) => known === name)?.[1];
    if (environment === undefined) {
      throw new Error(`environment must be one of ${Object.keys(all).join(', ')}, got ${name}`);
    }
    return environment;
  });
}

try {
  main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
