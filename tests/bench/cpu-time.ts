import { readFile } from 'node:fs/promises';
import { childrenOf } from '../children-of.ts';

/** Of /proc on Linux, whatever the machine (USER_HZ). */
const TICKS_PER_SECOND = 100;

/** Processor seconds of a process and all of its descendants that run now, since each began. */
export async function cpuSeconds(pid: number): Promise<number> {
  let seconds = statSeconds(await readFile(`/proc/${pid}/stat`, 'utf8'));
  for (const child of childrenOf(pid)) seconds += await cpuSeconds(child).catch(() => 0);
  return seconds;
}

/** @param stat of a process or of a thread */
export function statSeconds(stat: string): number {
  // The second field is the name, in brackets, and may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}
