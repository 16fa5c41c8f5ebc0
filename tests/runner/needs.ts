import { isProgramName, missingPrograms, type ProgramName } from './programs.ts';

const PREFIX = 'needs ';

/**
 * Options of a test, or of a suite, that needs programs which this machine may not have: where one is missing it is
 * skipped, and the runner names it at its end.
 */
export function needs(...programs: readonly ProgramName[]): { readonly skip?: string } {
  const missing = missingPrograms(programs, process);
  return missing.length === 0 ? {} : { skip: `${PREFIX}${missing.join(' ')}` };
}

/** The programs that a test was skipped for; undefined where it was skipped for another reason. */
export function programsOf(reason: string): readonly ProgramName[] | undefined {
  if (!reason.startsWith(PREFIX)) return undefined;
  const names = reason.slice(PREFIX.length).split(' ');
  return names.every(isProgramName) ? names : undefined;
}
