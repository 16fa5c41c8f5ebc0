import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Host } from './host.ts';

export interface CommandOptions {
  readonly host: Host;
  readonly cwd: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Ends the command. */
  readonly signal?: AbortSignal | undefined;
  /** Called with each line of standard output and standard error. */
  readonly onLine?: (line: string, stream: 'stdout' | 'stderr') => void;
}

const KEPT_LINES = 25;

/** @throws {Error} with the end of its output, if the command cannot be started or fails */
export async function runCommand(
  program: string,
  args: readonly string[],
  { host, cwd, environment, signal, onLine }: CommandOptions,
): Promise<void> {
  const child = spawn(program, args, {
    cwd,
    env: { ...host.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(signal && { signal }),
  });
  const tail: string[] = [];
  for (const stream of ['stdout', 'stderr'] as const) {
    createInterface({ input: child[stream] }).on('line', (line) => {
      tail.push(line);
      if (tail.length > KEPT_LINES) tail.shift();
      onLine?.(line, stream);
    });
  }
  const ending = await new Promise<string | undefined>((resolve) => {
    let failure: string | undefined;
    child.once('error', (error) => {
      failure = error.message;
      if (child.pid === undefined) resolve(failure);
    });
    // A command that was told to end may still write for a moment, so wait until it has exited before its files are
    // removed.
    child.once('close', (code, signal) =>
      resolve(failure ?? (code === 0 ? undefined : `it ended with ${signal ?? `exit code ${code ?? '?'}`}`)),
    );
  });
  if (ending !== undefined)
    throw new Error(`${[program, ...args].join(' ')} failed: ${ending}\n${tail.join('\n')}`);
}

/** Standard output of a command, without its last line break. @throws {Error} as {@link runCommand} does */
export async function commandOutput(
  program: string,
  args: readonly string[],
  options: Omit<CommandOptions, 'onLine'>,
): Promise<string> {
  const lines: string[] = [];
  await runCommand(program, args, {
    ...options,
    onLine: (line, stream) => {
      if (stream === 'stdout') lines.push(line);
    },
  });
  return lines.join('\n');
}
