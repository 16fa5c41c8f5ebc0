// `npm run lint:manifests`: well-kept linters over the manifests of every environment and every example. Fails on what no waiver covers,
// on a waiver that nothing needs or whose day is over, and on a linter that is content with broken.yaml.
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildPlatform } from '../../../infra/platform.ts';
import { writeManifests } from '../../../infra/write-manifests.ts';
import { allEnvironments } from '../../infra/all-environments.ts';
import { misreadTexts } from './read-texts.ts';
import { linters } from './run-linters.ts';
import { installTools } from './tools.ts';
import { Waivers } from './waivers.ts';

const waivers = new Waivers(new Date().toISOString().slice(0, 10));
const BROKEN = join(import.meta.dirname, 'broken.yaml');
const tools = await installTools(process, (text) => process.stderr.write(`lint:manifests: ${text}\n`));
const directory = await mkdtemp(join(tmpdir(), 'headwater-lint-'));
let failures = 0;
try {
  const sets: { readonly name: string; readonly files: readonly string[] }[] = [];
  for (const environment of Object.values(allEnvironments)) {
    const outdir = join(directory, environment.name);
    writeManifests(buildPlatform(environment), outdir);
    const files = (await readdir(outdir)).sort().map((file) => join(outdir, file));
    sets.push({ name: environment.name, files });
  }
  for (const [linter, lint] of Object.entries(linters)) {
    const [broken, ...reports] = lint(tools, [[BROKEN], ...sets.map(({ files }) => files)]);
    for (const [at, { summary, findings }] of reports.entries()) {
      const refused = waivers.refuse(findings);
      const waived = findings.length - refused.length;
      failures += refused.length;
      console.log(`${linter}: ${sets[at]?.name}: ${summary}, ${refused.length} refused, ${waived} waived`);
      for (const { check, object, message } of refused) console.log(`  ${check} ${object}: ${message}`);
    }
    if (waivers.refuse(broken?.findings ?? []).length > 0) continue;
    failures += 1;
    console.log(`${linter}: broken.yaml: finds nothing: it has not looked`);
  }
} finally {
  await rm(directory, { recursive: true, force: true });
}
const misread = misreadTexts(tools);
failures += misread.length;
console.log(`texts in YAML: PyYAML reads ${misread.length} otherwise than they were rendered`);
for (const text of misread) console.log(`  ${JSON.stringify(text)}`);
for (const waiver of waivers.unused()) {
  failures += 1;
  console.log(`waivers.txt: nothing needs ${waiver}`);
}
for (const waiver of waivers.expired()) {
  failures += 1;
  console.log(`waivers.txt: expired, look again whether it must be: ${waiver}`);
}
if (failures > 0) process.exitCode = 1;
