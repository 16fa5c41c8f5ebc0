// `npm run diff`: reports the consequences of the changes between two revisions, or of other values (`--set`).
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeFailure } from '../command-line.ts';
import { openRevisions, type Comparison } from './compare.ts';
import { parseOptions, USAGE, type DiffOptions } from './options.ts';
import { render } from './render/render.ts';
import { refusedChanges, type Report } from './report.ts';
import { watchSources } from './watch-sources.ts';
import { openWhatIf } from './what-if/open-what-if.ts';

const ROOT = join(import.meta.dirname, '../..');

/** Exit code of a shell after Ctrl-C. */
const INTERRUPTED = 130;

/** Finishes the current step, and removes temporary files. */
const interrupt = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupt.abort());

function write(report: Report, { format, output, also }: DiffOptions): void {
  const text = render(report, format);
  if (output === undefined) process.stdout.write(text);
  else writeFileSync(output, text);
  for (const other of also) writeFileSync(other.file, render(report, other.format));
}

/** Prints the changes that fail the gate on standard error. @returns whether there are any */
function isRefused(report: Report, { failOn }: DiffOptions): boolean {
  if (failOn.length > 0 && report.baseError !== undefined) {
    process.stderr.write('refused: the base does not synthesize, so nothing can be compared\n');
    return true;
  }
  const refused = refusedChanges(report, failOn);
  for (const { id, cause, consequence, object, path } of refused) {
    const whole = cause === undefined ? '' : `, or all changes of its cause as ${cause}`;
    process.stderr.write(`refused: ${consequence}: ${object} ${path} (approve it as ${id}${whole})\n`);
  }
  return refused.length > 0;
}

function open(options: DiffOptions): Promise<Comparison> | Comparison {
  const { base } = options;
  if (base === undefined) return openWhatIf(ROOT, options, options.approved);
  const progress = (text: string): boolean => process.stderr.write(`diff: ${text}\n`);
  return openRevisions(ROOT, { ...options, base }, process, progress);
}

/** @returns the exit code */
async function runOnce(comparison: Comparison, options: DiffOptions): Promise<number> {
  try {
    const report = await comparison.report();
    if (interrupt.signal.aborted) return INTERRUPTED;
    write(report, options);
    return isRefused(report, options) ? 1 : 0;
  } catch (error) {
    if (interrupt.signal.aborted) return INTERRUPTED;
    process.stderr.write(describeFailure('diff', error).text);
    return 2;
  }
}

/** Runs until it is interrupted, even after an error: the next change may correct it. */
async function runAgain(comparison: Comparison, options: DiffOptions): Promise<void> {
  await watchSources(join(ROOT, 'infra'), interrupt.signal, async () => {
    await runOnce(comparison, options);
    process.stderr.write('diff: waiting for a change of infra (Ctrl-C ends)\n');
  });
}

try {
  const options = parseOptions(process.argv.slice(2));
  if (options === undefined) {
    process.stdout.write(USAGE);
  } else {
    const comparison = await open(options);
    try {
      if (options.watch) await runAgain(comparison, options);
      else process.exitCode = await runOnce(comparison, options);
    } finally {
      await comparison.close();
    }
  }
} catch (error) {
  process.stderr.write(describeFailure('diff', error).text);
  process.exitCode = 2;
}
