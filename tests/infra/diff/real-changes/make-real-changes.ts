import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findChanges, type Change, type Manifests } from '../../../../infra/diff/changes.ts';
import type { ManifestObject } from '../../../../infra/diff/objects.ts';
import { bucketOf, readManifests, synthesize } from '../../../../infra/diff/synthesize.ts';
import { environments, type EnvironmentName } from '../../../../infra/environments/environments.ts';
import type { Environment } from '../../../../infra/environments/environment.ts';
import { readEnvironment } from '../../../../infra/environments/read-environment.ts';
import { buildPlatform } from '../../../../infra/platform.ts';
import { writeManifests } from '../../../../infra/write-manifests.ts';
import { changed } from '../../refused/refusal.ts';
import type { FileEdit, RealChange } from './real-change.ts';
import { realChanges } from './real-changes.ts';

const ROOT = join(import.meta.dirname, '../../../..');

/** The objects of an environment before and after a change. */
export interface Sides {
  readonly before: readonly ManifestObject[];
  readonly after: readonly ManifestObject[];
}

/** The changes that a report has of a real change; beside it those of the other edits of files in the same environment. */
export async function makeRealChange(change: RealChange): Promise<readonly Change[]> {
  const { environment, edit } = change;
  const others = realChanges.filter((other) => other.environment === environment && 'file' in other.edit);
  const { before, after } =
    'values' in edit
      ? await makeAlone(change)
      : {
          before: await manifestsBefore(environment),
          after: await cached(`edited ${environment}`, () => manifestsOfCopy(environment, others)),
        };
  return findChanges({ [environment]: before }, { [environment]: after });
}

/** A real change and nothing else, made in a copy of the environment or of the sources. */
export async function makeAlone(change: RealChange): Promise<Sides> {
  const { environment, edit } = change;
  const after =
    'values' in edit
      ? manifestsOf(readEnvironment(changed({ environment, changes: edit.values })))
      : manifestsOfCopy(environment, [change]);
  return { before: await manifestsBefore(environment), after: await after };
}

function manifestsBefore(environment: EnvironmentName): Promise<readonly ManifestObject[]> {
  return cached(environment, () => manifestsOf(environments[environment]));
}

const made = new Map<string, Promise<readonly ManifestObject[]>>();

function cached(
  name: string,
  make: () => Promise<readonly ManifestObject[]>,
): Promise<readonly ManifestObject[]> {
  const known = made.get(name) ?? make();
  made.set(name, known);
  return known;
}

/** What an environment synthesizes, and its bucket. */
export async function manifestsOf(environment: Environment): Promise<readonly ManifestObject[]> {
  return inTemporaryDirectory(async (directory) => {
    writeManifests(buildPlatform(environment), directory);
    return [...(await readManifests(directory)), ...bucketOf(environment)];
  });
}

async function manifestsOfCopy(
  environment: EnvironmentName,
  changes: readonly RealChange[],
): Promise<readonly ManifestObject[]> {
  const edits = changes.flatMap(({ edit }) => ('file' in edit ? [edit] : []));
  return (await manifestsOfEdited([environment], edits))[environment] ?? [];
}

/** What environments synthesize in a copy of the sources in which files were edited. */
export async function manifestsOfEdited(
  names: readonly EnvironmentName[],
  edits: readonly FileEdit[],
): Promise<Manifests> {
  return inEditedCopy(edits, async (directory) => {
    const { manifests } = await synthesize(directory, join(directory, 'dist'), names, process);
    return manifests;
  });
}

/** Uses a copy of the sources in which files were edited. */
export async function inEditedCopy<T>(
  edits: readonly FileEdit[],
  use: (directory: string) => Promise<T>,
): Promise<T> {
  return inTemporaryDirectory(async (directory) => {
    for (const name of ['apps', 'examples', 'infra', 'package.json', 'tsconfig.json']) {
      cpSync(join(ROOT, name), join(directory, name), { recursive: true });
    }
    symlinkSync(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
    for (const { file, from, to } of edits) {
      const text = readFileSync(join(directory, file), 'utf8');
      if (!text.includes(from)) throw new Error(`${file} must contain ${from}`);
      writeFileSync(join(directory, file), text.replace(from, to));
    }
    return use(directory);
  });
}

async function inTemporaryDirectory<T>(use: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'headwater-real-change-'));
  try {
    return await use(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
