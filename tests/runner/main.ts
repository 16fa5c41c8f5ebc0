// `headwater test`: sets up what the suites take, runs them, or these files of theirs, one after the other with Node's own
// test runner, says at least every fifteen seconds how things stand, and names at the end what was left out.
import { once } from 'node:events';
import { resolve } from 'node:path';
import { run } from 'node:test';
import { spec, type TestEvent } from 'node:test/reporters';
import { describeFailure, readOptions, UsageError } from '../../infra/command-line.ts';
import { Terminal } from '../../infra/local/up/terminal.ts';
import { FileProgress } from './progress.ts';
import { LeftOut } from './left-out.ts';
import { setUp } from './set-up.ts';
import { filesOf, ROOT, suites, type Suite, type SuiteName } from './suites.ts';

const USAGE = `usage: npx headwater test SUITE... [FILE...]
sets up what the suites take, and runs them, or these files of theirs

suites: ${Object.keys(suites).join(', ')}
`;

const stopping = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(name, () => stopping.abort(new Error(`stopped by ${name}`)));
}
const terminal = new Terminal(process.stdout, process.stderr);
const leftOut = new LeftOut(ROOT);

/** @returns whether every test passed */
async function runSuite({ concurrency }: Suite, files: readonly string[]): Promise<boolean> {
  const progress = new FileProgress(files, ROOT, (text) => process.stdout.write(text));
  const reporter = new spec();
  reporter.on('data', (text: Buffer | string) => {
    progress.heard();
    process.stdout.write(text);
  });
  let passed = true;
  progress.start();
  try {
    const events = run({ files: [...files], concurrency, cwd: ROOT, signal: stopping.signal });
    for await (const event of events as AsyncIterable<TestEvent>) {
      progress.take(event);
      leftOut.take(event);
      if (event.type === 'test:fail' && event.data.todo === undefined) passed = false;
      reporter.write(event);
    }
    reporter.end();
    await once(reporter, 'end');
  } finally {
    progress.stop();
    process.stdout.write(progress.renderLongest());
  }
  return passed;
}

interface Asked {
  readonly name: string;
  readonly suite: Suite;
  readonly files: readonly string[];
}

/** @returns undefined where help is asked for. @throws {UsageError} where the words are not suites, or not files of theirs */
function readArguments(words: readonly string[]): readonly Asked[] | undefined {
  const { values, positionals: args } = readOptions(words, {}, Infinity);
  if (values.help === true) return undefined;
  const names = args.filter((arg) => !arg.includes('/'));
  const unknown = names.find((name) => !(name in suites));
  if (names.length === 0 || unknown !== undefined) {
    throw new UsageError(`the suites must be of ${Object.keys(suites).join(', ')}, got ${unknown ?? 'none'}`);
  }
  const chosen = args.filter((arg) => arg.includes('/')).map((path) => resolve(path));
  const asked = names.map((name) => {
    const suite = suites[name as SuiteName];
    const files = filesOf(suite);
    return {
      name,
      suite,
      files: chosen.length === 0 ? files : files.filter((file) => chosen.includes(file)),
    };
  });
  const stranger = chosen.find((path) => !asked.some(({ files }) => files.includes(path)));
  if (stranger !== undefined) throw new UsageError(`${stranger} must be a test file of ${names.join(', ')}`);
  return asked.filter(({ files }) => files.length > 0);
}

async function main(asked: readonly Asked[]): Promise<number> {
  await setUp(
    asked.map(({ suite }) => suite),
    {
      host: process,
      uid: process.getuid?.(),
      progress: (text) => terminal.step(`set-up: ${text}`),
      signal: stopping.signal,
    },
  );
  let passed = true;
  for (const { name, suite, files } of asked) {
    terminal.print(`${name} tests, ${files.length} files`);
    passed = await runSuite(suite, files);
    if (!passed) break;
  }
  process.stdout.write(leftOut.render());
  stopping.signal.throwIfAborted();
  // Where every run is to test the same, a program that is not there is a fault.
  const incomplete = process.env['CI'] !== undefined && leftOut.programs.length > 0;
  return passed && !incomplete ? 0 : 1;
}

try {
  const asked = readArguments(process.argv.slice(2));
  if (asked === undefined) process.stdout.write(USAGE);
  else process.exitCode = await main(asked);
} catch (error) {
  const { text, exitCode } = describeFailure('test', error);
  terminal.print(text.trimEnd());
  process.exitCode = stopping.signal.aborted ? 130 : exitCode;
}
