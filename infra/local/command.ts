import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Host } from './host.ts';

export interface CommandOptions {
  readonly host: Host;
  readonly cwd: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Ends the command. */
  readonly signal?: AbortSignal | undefined;
  /** Gets each line of standard output and standard error as it comes. */
  readonly onLine?: (line: string) => void;
}

const KEPT_LINES = 25;

/** @throws {Error} with the end of its output, where the command cannot be started or fails */
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
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      tail.push(line);
      if (tail.length > KEPT_LINES) tail.shift();
      onLine?.(line);
    });
  }
  const ending = await new Promise<string | undefined>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) =>
      resolve(code === 0 ? undefined : `it ended with ${signal ?? `exit code ${code ?? '?'}`}`),
    );
  });
  if (ending !== undefined)
    throw new Error(`${[program, ...args].join(' ')} failed: ${ending}\n${tail.join('\n')}`);
}
