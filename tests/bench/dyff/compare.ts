// `node tests/bench/dyff/compare.ts BASE HEAD`: what `npm run diff` does once both sides are synthesized. Each argument is a
// directory with one of manifests for each environment; prints the text report.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { findChanges, type Manifests } from '../../../infra/diff/changes.ts';
import { renderText } from '../../../infra/diff/render/render-text.ts';
import { sortChanges } from '../../../infra/diff/report.ts';
import { readManifests } from '../../../infra/diff/synthesize.ts';

async function read(directory: string): Promise<Manifests> {
  const names = await readdir(directory);
  const sides = names.map(async (name) => [name, await readManifests(join(directory, name))] as const);
  return Object.fromEntries(await Promise.all(sides));
}

const [base = '', head = ''] = process.argv.slice(2);
const after = await read(head);
const report = {
  base: { name: 'base' },
  head: { name: 'head' },
  environments: Object.keys(after).sort(),
  changes: sortChanges(findChanges(await read(base), after)),
  causes: [],
  objects: {},
  approved: [],
  unusedApprovals: [],
};
process.stdout.write(renderText(report));
