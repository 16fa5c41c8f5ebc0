import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { detach, down, status } from './up/control.ts';
import { parseCommand, USAGE, UsageError, type Command } from './up/options.ts';
import { Terminal } from './up/terminal.ts';
import { up } from './up/up.ts';

/** npm passes on a Ctrl-C that the terminal has sent to everything already: within this time they are one. */
const SAME_SIGNAL_MS = 1_000;

const args = process.argv.slice(2);
const terminal = new Terminal(process.stdout, process.stderr);
const stopping = new AbortController();
const hurry = new AbortController();

function stopOn(name: NodeJS.Signals): void {
  let first: number | undefined;
  process.on(name, () => {
    first ??= performance.now();
    stopping.abort(new Error(`stopped by ${name}`));
    if (performance.now() - first > SAME_SIGNAL_MS) hurry.abort();
  });
}

function deployStack(options: readonly string[]): number {
  const program = join(import.meta.dirname, '../pulumi/main.ts');
  // Ctrl-C goes to Pulumi too, which finishes what it has begun: this process must not end before it.
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => undefined);
  return spawnSync(process.execPath, [program, 'up', ...options], { stdio: 'inherit' }).status ?? 1;
}

async function execute(command: Command): Promise<number> {
  const context = { host: process, terminal };
  switch (command.name) {
    case 'help':
      terminal.result(USAGE);
      return 0;
    case 'stack':
      return deployStack(command.args);
    case 'down':
      return down(command.state, context);
    case 'status':
      return status(command.state, command.json, context);
    case 'up':
      if (command.options.detach) return detach(command.options.state, args, context);
      for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) stopOn(name);
      return up(command.options, {
        ...context,
        pid: process.pid,
        signal: stopping.signal,
        hurry: hurry.signal,
      });
  }
}

try {
  process.exitCode = await execute(parseCommand(args, process.env));
} catch (error) {
  const interrupted = stopping.signal.aborted;
  terminal.print(
    interrupted ? 'interrupted' : `error: ${error instanceof Error ? error.message : String(error)}`,
  );
  if (error instanceof UsageError) terminal.print('npm run up -- --help names all options');
  process.exitCode = interrupted ? 130 : error instanceof UsageError ? 2 : 1;
}
