import { describeFailure } from '../../command-line.ts';
import { Terminal } from '../up/terminal.ts';
import { traceCommand } from './command.ts';

const terminal = new Terminal(process.stdout, process.stderr);
try {
  process.exitCode = await traceCommand(process.argv.slice(2), { host: process, terminal });
} catch (error) {
  terminal.print(describeFailure('trace', error).text.trimEnd());
  process.exitCode = 2;
}
