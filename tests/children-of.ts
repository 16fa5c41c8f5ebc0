import { readdirSync, readFileSync } from 'node:fs';

/** Ids of the processes that a process has started and that run now. Linux only. @throws if the process has ended */
export function childrenOf(pid: number): readonly number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) => startedBy(pid, thread));
}

/** None by a thread that has ended meanwhile. */
function startedBy(pid: number, thread: string): readonly number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ');
    return children.filter((text) => text !== '').map(Number);
  } catch {
    return [];
  }
}
