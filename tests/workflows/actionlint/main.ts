// `npm run lint:workflows`: actionlint over .github/workflows. Fails on a finding, and where actionlint is content with
// broken.yml.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { buildGoProgram } from '../../../infra/local/go-program.ts';

const HERE = import.meta.dirname;
const WORKFLOWS = join(HERE, '../../../.github/workflows');

const { path: actionlint } = await buildGoProgram(
  { name: 'actionlint', module: HERE, target: 'github.com/rhysd/actionlint/cmd/actionlint' },
  { host: process, progress: (text) => process.stderr.write(`lint:workflows: ${text}\n`) },
);

/** Without the linters that it takes from PATH where they are: the answer is the same on every machine. */
function lint(files: readonly string[]): { readonly status: number | null; readonly output: string } {
  const args = ['-no-color', '-oneline', '-shellcheck=', '-pyflakes=', ...files];
  const { status, stdout, stderr, error } = spawnSync(actionlint, args, { encoding: 'utf8' });
  if (error !== undefined) throw error;
  return { status, output: `${stdout}${stderr}` };
}

const files = readdirSync(WORKFLOWS).map((file) => join(WORKFLOWS, file));
const found = lint(files);
process.stdout.write(found.output);
console.log(`${files.length} workflows: ${found.status === 0 ? 'nothing found' : 'refused'}`);
const broken = lint([join(HERE, 'broken.yml')]);
const hasLooked = ['[job-needs]', '[expression]'].every((fault) => broken.output.includes(fault));
if (!hasLooked) console.log(`broken.yml: actionlint must find its two faults, got\n${broken.output}`);
if (found.status !== 0 || !hasLooked) process.exitCode = 1;
