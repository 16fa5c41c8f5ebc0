import { readdir, readFile } from 'node:fs/promises';
import { cpuSeconds, statSeconds } from './cpu-time.ts';
import type { Lab } from './lab.ts';
import { runClosedLoop } from './upload/closed-loop.ts';

const PARTITIONS = 6;
const CONNECTIONS = 64;
const WINDOW_SECONDS = 10;
/** Of the brokers' processor time. In the first seconds it is half of it. */
const COMPILER_SHARE = 0.1;

/**
 * Single events of 1 KiB, until Java's compiler takes less than a tenth of the brokers' time or the time is up. A batch
 * of 45 events takes the brokers 9 ms of processor time in the first 20 s, 1.7 after two minutes: whoever was measured
 * first would pay for the others.
 */
export async function warmUp(lab: Lab, mostSeconds: number): Promise<void> {
  const topic = 'warm-up';
  await lab.makeTopic(topic, PARTITIONS);
  const producer = await lab.startHeadwater(topic);
  const pids = lab.kafka.brokers.map(({ pid }) => pid ?? 0);
  const until = performance.now() + mostSeconds * 1_000;
  let share = 1;
  while (share >= COMPILER_SHARE && performance.now() < until && !lab.signal.aborted) {
    const [before, compiledBefore] = [await sum(pids, cpuSeconds), await sum(pids, compilerSeconds)];
    const { events } = await runClosedLoop(producer.endpoint, CONNECTIONS, WINDOW_SECONDS);
    const spent = (await sum(pids, cpuSeconds)) - before;
    share = ((await sum(pids, compilerSeconds)) - compiledBefore) / spent;
    console.log(
      `warming up: ${Math.round((spent / events) * 1e6)} µs of the brokers' time for each event, ` +
        `${Math.round(100 * share)} % of it Java's compiler`,
    );
  }
  await lab.end(producer);
  await lab.deleteTopic(topic);
}

async function sum(pids: readonly number[], secondsOf: (pid: number) => Promise<number>): Promise<number> {
  return (await Promise.all(pids.map(secondsOf))).reduce((total, seconds) => total + seconds, 0);
}

/** Of both compilers' threads that run now. */
async function compilerSeconds(pid: number): Promise<number> {
  let seconds = 0;
  for (const thread of await readdir(`/proc/${pid}/task`)) {
    const stat = await readFile(`/proc/${pid}/task/${thread}/stat`, 'utf8').catch(() => '');
    if (/\(C[12] Compiler/.test(stat)) seconds += statSeconds(stat);
  }
  return seconds;
}
