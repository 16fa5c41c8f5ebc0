import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import type { Host } from '../../infra/local/host.ts';

export interface TimedCommand {
  /** Standard output and standard error, one after the other. */
  readonly output: string;
  /** Processor time of the command and of everything it waited for, from its start. */
  readonly cpuSeconds: number;
}

/**
 * Runs a command to its end, in a group of its own that ends as a whole when the signal aborts.
 *
 * @throws {Error} with what it said, where it fails
 */
export async function timedCommand(
  command: readonly [string, ...string[]],
  options: {
    readonly host: Host;
    readonly signal: AbortSignal;
    readonly environment?: Readonly<Record<string, string>>;
  },
): Promise<TimedCommand> {
  const { host, signal, environment } = options;
  signal.throwIfAborted();
  // The shell's own `time`: what children have used is not to be had from Node.
  const child = spawn('bash', ['-c', 'TIMEFORMAT="cpu %U %S"; time "$@"', 'bash', ...command], {
    env: { ...host.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const end = (): unknown => child.pid !== undefined && host.kill(-child.pid, 'SIGKILL');
  signal.addEventListener('abort', end);
  try {
    const closed = new Promise<number | null>((resolve, reject) => {
      child.once('error', reject).once('close', resolve);
    });
    const [code, ...said] = await Promise.all([closed, text(child.stdout), text(child.stderr)]);
    const output = said.join('\n');
    signal.throwIfAborted();
    if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code ?? 'a signal'}:\n${output}`);
    const [, user, system] = /^cpu ([\d.]+) ([\d.]+)$/m.exec(said[1]) ?? [];
    return { output, cpuSeconds: Number(user) + Number(system) };
  } finally {
    signal.removeEventListener('abort', end);
  }
}
