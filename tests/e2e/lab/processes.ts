import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Of the machine, where the lab's own are seen too. @param uid of the pod */
export function pidsOf(uid: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => readOf(pid, 'cgroup')?.includes(`/pod${uid}/`));
}

/** A file of a process; nothing where the process has ended. */
export function readOf(pid: number, file: string): string | undefined {
  try {
    return readFileSync(join('/proc', String(pid), file), 'utf8');
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'EINVAL'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}
