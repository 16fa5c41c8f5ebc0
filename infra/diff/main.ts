// `npm run diff`: what the changes between two revisions do when they are applied.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compareRevisions } from './compare.ts';
import { parseOptions, USAGE, UsageError, type DiffOptions } from './options.ts';
import { render } from './render/render.ts';
import { refusedChanges, type Report } from './report.ts';

const ROOT = join(import.meta.dirname, '../..');

function write(report: Report, { format, output, also }: DiffOptions): void {
  const text = render(report, format);
  if (output === undefined) process.stdout.write(text);
  else writeFileSync(output, text);
  for (const other of also) writeFileSync(other.file, render(report, other.format));
}

/** Says on standard error what stops the gate. @returns whether anything does */
function isRefused(report: Report, { failOn }: DiffOptions): boolean {
  if (failOn.length > 0 && report.baseError !== undefined) {
    process.stderr.write('refused: without a base that synthesizes nothing can be said of the changes\n');
    return true;
  }
  const refused = refusedChanges(report, failOn);
  for (const { id, consequence, object, path } of refused) {
    process.stderr.write(`refused: ${consequence}: ${object} ${path} (approve it as ${id})\n`);
  }
  return refused.length > 0;
}

try {
  const options = parseOptions(process.argv.slice(2));
  if (options === undefined) {
    process.stdout.write(USAGE);
  } else {
    const progress = (text: string): boolean => process.stderr.write(`diff: ${text}\n`);
    const report = await compareRevisions(ROOT, options, process, progress);
    write(report, options);
    process.exitCode = isRefused(report, options) ? 1 : 0;
  }
} catch (error) {
  process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
  if (error instanceof UsageError) process.stderr.write('npm run diff -- --help names all options\n');
  process.exitCode = 2;
}
