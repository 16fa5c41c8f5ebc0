import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { childrenOf } from '../../children-of.ts';
import type { Environment } from '../../../infra/environments/environment.ts';
import type { Backend, Programs } from './stack.ts';

export interface StackRun {
  readonly directory: string;
  readonly programs: Programs;
  /** Of the stack. */
  readonly name: string;
  readonly operation: 'preview' | 'up';
  readonly environment: Environment;
}

/** An operation on the stack of an environment in a process of its own. */
export function startOperation(
  { directory, programs }: Backend,
  operation: StackRun['operation'],
  environment: Environment,
): ChildProcess {
  const run: StackRun = {
    directory,
    programs,
    name: environment.name,
    operation,
    environment,
  };
  const program = join(import.meta.dirname, 'run-stack.ts');
  return spawn(process.execPath, [program, JSON.stringify(run)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
}

/** Kills the program, the engine and the provider at once. The provider would outlive the engine. */
export function killOperation({ pid }: ChildProcess): void {
  if (pid === undefined) throw new Error('the operation did not start');
  for (const one of [pid, ...descendants(pid)]) process.kill(one, 'SIGKILL');
}

function descendants(pid: number): readonly number[] {
  return childrenOf(pid).flatMap((child) => [child, ...descendants(child)]);
}

/**
 * Runs an operation that is to be refused. A program that throws leaves rejections behind that nobody handles: the test runner
 * would take those of its own process for failures.
 *
 * @returns what it said, or undefined where it was not refused
 */
export async function refusalOf(
  backend: Backend,
  operation: StackRun['operation'],
  environment: Environment,
): Promise<string | undefined> {
  const child = startOperation(backend, operation, environment);
  let said = '';
  child.stderr?.on('data', (chunk) => (said += String(chunk)));
  const code = await new Promise((resolve) => child.once('close', resolve));
  return code === 0 ? undefined : said;
}
