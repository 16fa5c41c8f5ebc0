import { describeFailure } from '../command-line.ts';
import { statusCommand } from './status/command.ts';
import { detach, down } from './up/control.ts';
import { parseCommand, type Command } from './up/options.ts';
import { Terminal } from './up/terminal.ts';
import { up } from './up/up.ts';

/**
 * On Ctrl-C the terminal signals the whole process group, and npm forwards the signal again; two signals within this
 * time count as one.
 */
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

async function execute(command: Command): Promise<number> {
  const context = { host: process, terminal };
  switch (command.name) {
    case 'help':
      terminal.result(command.usage);
      return 0;
    case 'down':
      return down(command.state, context);
    case 'status':
      for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) stopOn(name);
      return statusCommand(command.options, { ...context, signal: stopping.signal });
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
  const { text, exitCode } = describeFailure(args[0] ?? 'up', error);
  terminal.print(interrupted ? 'interrupted' : text.trimEnd());
  process.exitCode = interrupted ? 130 : exitCode;
}
