// `npx headwater bench synth`: all environments synthesized in one process, beside `helm template` of charts that render to the
// same objects, one call a chart. Writes tests/bench/results/synth.md.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { environments } from '../../../infra/environments/environments.ts';
import { buildGoProgram } from '../../../infra/local/go-program.ts';
import { writeChart } from './charts.ts';

const HERE = import.meta.dirname;
const RUNS = 7;

function median(run: () => number): number {
  const times = Array.from({ length: RUNS }, run).sort((a, b) => a - b);
  return Math.round(times[Math.floor(RUNS / 2)] ?? Number.NaN);
}

const { path: helm } = await buildGoProgram(
  { name: 'helm', module: HERE, target: 'helm.sh/helm/v3/cmd/helm' },
  { host: process, progress: (text) => process.stderr.write(`bench synth: ${text}\n`) },
);
const directory = mkdtempSync(join(tmpdir(), 'headwater-helm-'));
try {
  const charts = Object.keys(environments).map((name) => {
    const chart = join(directory, name);
    return { chart, objects: writeChart(join(HERE, '../../manifests', name), chart, name) };
  });
  const render = (chart: string): string =>
    execFileSync(helm, ['template', 'headwater', chart], { encoding: 'utf8', maxBuffer: 2 ** 26 });
  for (const { chart, objects } of charts) {
    const rendered = render(chart).match(/^kind: /gm)?.length ?? 0;
    if (rendered !== objects) throw new Error(`${chart} must render ${objects} objects, got ${rendered}`);
  }
  const objects = charts.reduce((sum, chart) => sum + chart.objects, 0);
  const helmMs = median(() => {
    const began = performance.now();
    for (const { chart } of charts) render(chart);
    return performance.now() - began;
  });
  const synthMs = median(() => {
    const began = performance.now();
    execFileSync(process.execPath, [join(HERE, '../synth.ts'), '--json']);
    return performance.now() - began;
  });
  const version = execFileSync(helm, ['version', '--template={{.Version}}'], { encoding: 'utf8' });
  const text = `# Manifests of every environment

Made by \`npx headwater bench synth\` on ${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}); medians of ${RUNS} runs, each cold. The
machine's load average was ${(loadavg()[0] ?? 0).toFixed(1)} at the end: above the number of cores the times say more of the others than of these two.

| | Objects | Time |
| --- | --- | --- |
| all environments in one process (Node ${process.versions.node}), checks of every environment included | ${objects} | ${synthMs} ms |
| \`helm template\` (${version}, built from its Go module) of ${charts.length} charts that render to the same objects | ${objects} | ${helmMs} ms |

Helm's charts are made from the committed manifests: namespaces, images and labels are template expressions, all else is text
as it stands. Helm checks none of what the constructs check, and has no client of the cluster here either.
`;
  writeFileSync(join(HERE, '../results/synth.md'), text);
  process.stdout.write(text);
} finally {
  rmSync(directory, { recursive: true, force: true });
}
