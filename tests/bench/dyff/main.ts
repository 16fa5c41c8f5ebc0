// `npx headwater bench diff`: what a pull request does, from the manifests of both sides, beside dyff on the same files; and the
// whole command, which synthesizes both revisions first. Writes tests/bench/results/diff.md.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Manifests } from '../../../infra/diff/changes.ts';
import { environments, type EnvironmentName } from '../../../infra/environments/environments.ts';
import { buildGoProgram } from '../../../infra/local/go-program.ts';
import { PULL_REQUEST } from '../../infra/diff/pull-request.ts';
import { manifestsOf, manifestsOfEdited } from '../../infra/diff/real-changes/make-real-changes.ts';
import { spreadOf } from '../evaluate.ts';
import { describeMachineNow } from '../results.ts';

const HERE = import.meta.dirname;
const ROOT = join(HERE, '../../..');
const ROUNDS = 7;

const { path: dyff } = await buildGoProgram(
  { name: 'dyff', module: HERE, target: 'github.com/homeport/dyff/cmd/dyff' },
  { host: process, progress: (text) => process.stderr.write(`bench diff: ${text}\n`) },
);
const machine = describeMachineNow();
const directory = mkdtempSync(join(tmpdir(), 'headwater-bench-diff-'));
try {
  const names = Object.keys(environments) as EnvironmentName[];
  const sides = names.map(async (name) => [name, await manifestsOf(environments[name])] as const);
  writeSide('base', Object.fromEntries(await Promise.all(sides)));
  writeSide('head', await manifestsOfEdited(names, PULL_REQUEST));
  const checkout = editedCheckout();

  const rounds = Array.from({ length: ROUNDS }, () => ({
    ...causesOfRandomChanges(),
    dyff: timed(() => names.map((name) => runDyff(name))),
    compare: timed(() => run(process.execPath, [join(HERE, 'compare.ts'), side('base'), side('head')], ROOT)),
    command: timed(() => run(process.execPath, ['infra/diff/main.ts', '--base', 'HEAD'], checkout)),
  }));
  const found = run(process.execPath, [join(HERE, 'compare.ts'), side('base'), side('head')], ROOT);
  const text = page(rounds, {
    ours: found.match(/^ {2}\S.*\[/gm)?.length ?? 0,
    theirs: names.map((name) => differencesOf(runDyff(name))).reduce((sum, count) => sum + count, 0),
  });
  writeFileSync(join(HERE, '../results/diff.md'), text);
  process.stdout.write(text);
} finally {
  rmSync(directory, { recursive: true, force: true });
}

function side(name: 'base' | 'head'): string {
  return join(directory, name);
}

function fileOf(name: 'base' | 'head', environment: string): string {
  return join(side(name), environment, 'all.yaml');
}

/** Each environment in one file, since dyff takes one: both read the same bytes. */
function writeSide(name: 'base' | 'head', manifests: Manifests): void {
  for (const [environment, objects] of Object.entries(manifests)) {
    mkdirSync(join(side(name), environment), { recursive: true });
    writeFileSync(fileOf(name, environment), objects.map((object) => stringify(object)).join('---\n'));
  }
}

/** A clone with the edits in its working tree. */
function editedCheckout(): string {
  const checkout = join(directory, 'checkout');
  execFileSync('git', ['clone', '--quiet', `file://${ROOT}`, checkout]);
  symlinkSync(join(ROOT, 'node_modules'), join(checkout, 'node_modules'));
  for (const { file, from, to } of PULL_REQUEST) {
    const path = join(checkout, file);
    writeFileSync(path, readFileSync(path, 'utf8').replace(from, to));
  }
  return checkout;
}

function runDyff(environment: string): string {
  const files = [fileOf('base', environment), fileOf('head', environment)];
  return run(dyff, ['between', '--color', 'off', '--detect-kubernetes', ...files], directory);
}

function differencesOf(report: string): number {
  const words = { no: 0, one: 1, two: 2, three: 3, four: 4, five: 5, six: 6, seven: 7, eight: 8, nine: 9 };
  const [, count = ''] = /returned (\w+) differences?/.exec(report) ?? [];
  const known = Object.entries(words).find(([word]) => word === count)?.[1] ?? Number(count);
  if (Number.isNaN(known))
    throw new Error(`dyff must say how many differences there are, got ${report.slice(0, 500)}`);
  return known;
}

function run(program: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, encoding: 'utf8', maxBuffer: 2 ** 26 });
  if (status !== 0) throw new Error(`${program} ended with ${status ?? 'a signal'}: ${stderr}`);
  return stdout;
}

/** In a process of its own, which times itself without its start. */
function causesOfRandomChanges(): { readonly causes: number; readonly processor: number } {
  const text = run(process.execPath, [join(HERE, 'causes.ts')], ROOT);
  const { milliseconds, processorMs } = JSON.parse(text) as Record<'milliseconds' | 'processorMs', number>;
  return { causes: milliseconds, processor: processorMs };
}

function timed(work: () => unknown): number {
  const began = performance.now();
  work();
  return performance.now() - began;
}

type Round = Readonly<Record<'dyff' | 'compare' | 'command' | 'causes' | 'processor', number>>;

function spread(figures: readonly number[], digits = 0): string {
  const found = spreadOf(figures);
  if (found === undefined) throw new Error('there must be at least one round');
  const { median, lowest, highest } = found;
  return `${median.toFixed(digits)} (${lowest.toFixed(digits)}–${highest.toFixed(digits)})`;
}

function page(
  rounds: readonly Round[],
  { ours, theirs }: { readonly ours: number; readonly theirs: number },
): string {
  const { cores, processor, memoryGiB, node, date, loadAverage } = machine;
  const figures = (subject: keyof Round): string => spread(rounds.map((round) => round[subject]));

  return `# What a pull request does, beside dyff

Made by \`npx headwater bench diff\` on ${date}, ${cores} cores (${processor}), ${memoryGiB} GiB, Node ${node}; ${ROUNDS} rounds of all in turn,
each a cold start; median (lowest–highest). The machine's load average before was ${loadAverage}: above 1 something else was running,
and the times say little, the ratio more.

The change is the pull request of docs/diff, in ${Object.keys(environments).length} environments.

| | ms | says |
| --- | --- | --- |
| comparison and report of the manifests, one process for all environments | ${figures('compare')} | ${ours} changes with their consequence, what is the same in several environments once |
| dyff (homeport/dyff 1.12.0, built from its Go module) of the same files, one process for each environment | ${figures('dyff')} | ${theirs} differences |
| \`npm run diff\`: both revisions from git synthesized, then the same | ${figures('command')} | |
| the causes of 80 changed properties, 20 in each of the ${Object.keys(environments).length} environments, once both sides are synthesized: by the clock | ${figures('causes')} | each change with its one cause |
| the same, by all processors | ${figures('processor')} | |

Comparison / dyff, round by round: ${spread(
    rounds.map((round) => round.compare / round.dyff),
    2,
  )}.
`;
}
