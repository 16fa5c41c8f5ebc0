#!/usr/bin/env node
// `npx headwater SUBCOMMAND`. It is started by whatever Node the machine has (18 or newer), sets up what package-lock.json
// names, and runs the subcommand's program with the Node that this includes.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { isNewEnough, setUp } from '../infra/local/setup.mjs';
import { findCommand, renderHelp } from './commands.mjs';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const PROGRAMS = join(ROOT, 'node_modules/.bin');

/** In this process, so that signals and exit codes are the program's own. */
async function runHere(program, args) {
  process.argv.splice(1, Infinity, program, ...args);
  await import(pathToFileURL(program).href);
}

/** The Node that started this is too old: signals are passed on, and the child's end is this process' own. */
function runWith(node, program, args) {
  const child = spawn(node, [program, ...args], { stdio: 'inherit' });
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => child.kill(name));
  child.once('error', (error) => {
    process.stderr.write(`error: ${node} could not be started: ${error.message}\n`);
    process.exitCode = 1;
  });
  child.once('exit', (code, signal) => {
    process.exitCode = code ?? 128 + constants.signals[signal];
  });
}

function takeNothing(name, summary, [first, ...others]) {
  if (first === '--help' && others.length === 0) {
    process.stdout.write(`usage: npx headwater ${name}\n${summary}\n`);
    return;
  }
  process.stderr.write(
    `error: there are no arguments, got ${first}\nnpx headwater ${name} --help says what it does\n`,
  );
  process.exitCode = 2;
}

async function main(args) {
  if (args.length === 0 || args[0] === '--help') {
    process.stdout.write(renderHelp());
    return;
  }
  const found = findCommand(args);
  if (found === undefined) {
    process.stderr.write(`error: there is no subcommand ${args[0]}\nnpx headwater --help names all\n`);
    process.exitCode = 2;
    return;
  }
  const { program, args: first = [], takes, summary } = found.command;
  if (takes === 'nothing' && found.rest.length > 0) return takeNothing(found.name, summary, found.rest);
  if (!setUp(ROOT)) return;
  // As npm scripts do: paths are those of the checkout, and its programs are found first.
  process.chdir(ROOT);
  process.env.PATH = [PROGRAMS, process.env.PATH ?? ''].join(delimiter);
  const path = join(ROOT, program);
  const words = [...first, ...found.rest];
  const node = join(PROGRAMS, 'node');
  if (isNewEnough(process.versions.node) || !existsSync(node)) await runHere(path, words);
  else runWith(node, path, words);
}

await main(process.argv.slice(2));
