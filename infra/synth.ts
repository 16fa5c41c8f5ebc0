import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describeFailure, readOptions } from './command-line.ts';
import { readWarnings } from './constructs/workloads/requirements.ts';
import { environments } from './environments/environments.ts';
import { readEnvironment } from './environments/read-environment.ts';
import { namedEnvironment, namedEnvironments } from './named-environment.ts';
import { buildPlatform } from './platform.ts';
import { writeManifests } from './write-manifests.ts';

const USAGE = `usage: npx headwater synth [ENVIRONMENT...] [options]
writes the manifests of every environment, or of those that are named, to DIR/ENVIRONMENT/, one file for each chart in the
order in which they are applied

  --examples     those of examples/ too; one that is named needs no option
  --file FILE    the environment that FILE has as JSON instead; - is standard input
  --output DIR   where to write; else CDK8S_OUTDIR, else dist
`;

function main(): void {
  const { values, positionals } = readOptions(
    process.argv.slice(2),
    { file: { type: 'string', short: 'f' }, examples: { type: 'boolean' }, output: { type: 'string' } },
    Infinity,
  );
  if (values.help === true) {
    process.stdout.write(USAGE);
    return;
  }
  const outdir = values.output ?? process.env['CDK8S_OUTDIR'] ?? 'dist';
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

function chooseEnvironments({ file, examples }: Options, names: readonly string[]): readonly unknown[] {
  if (file !== undefined) return [JSON.parse(readFileSync(file === '-' ? 0 : file, 'utf8'))];
  if (names.length === 0) return Object.values(examples === true ? namedEnvironments : environments);
  return names.map((name) => namedEnvironment(name));
}

try {
  main();
} catch (error) {
  const { text, exitCode } = describeFailure('synth', error);
  process.stderr.write(text);
  process.exitCode = exitCode;
}
