import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Host } from './host.ts';

/**
 * Path of an executable program.
 *
 * @param program a path, or the name of a command on the `PATH`
 */
export function findProgram(program: string, { env }: Pick<Host, 'env'>): string | undefined {
  if (program.includes('/')) return isExecutable(program) ? program : undefined;
  return (env['PATH'] ?? '')
    .split(delimiter)
    .map((directory) => join(directory, program))
    .find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
