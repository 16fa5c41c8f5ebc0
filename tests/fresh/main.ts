// `npm run test:fresh`: the README's two commands, word for word, on a bare Debian that has the README's prerequisites and
// nothing else, as root and as an ordinary user. Needs root; takes most of an hour, and leaves nothing behind.
import { readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { installCommand, installPrograms } from '../runner/programs.ts';
import { BareMachine, USERS } from './bare-machine.ts';
import { readFirstSteps } from './readme.ts';

const ROOT = join(import.meta.dirname, '../..');
const machines: BareMachine[] = [];

interface Result {
  readonly user: string;
  readonly command: string;
  readonly seconds: number;
  readonly code: number | null;
}

function say(text: string): void {
  console.log(`fresh: ${text}`);
}

async function run(): Promise<readonly Result[]> {
  if (process.getuid?.() !== 0) throw new Error('it needs root: it makes a root file system and enters it');
  const programs = ['git', 'mmdebstrap', 'unshare'] as const;
  const missing = await installPrograms(programs, { host: process, uid: process.getuid(), progress: say });
  if (missing.length > 0) throw new Error(`it needs programs that are not here: ${installCommand(missing)}`);

  const { packages, commands } = readFirstSteps(readFileSync(join(ROOT, 'README.md'), 'utf8'));
  const bare = await BareMachine.create(packages, { host: process, progress: say, signal: stopping.signal });
  machines.push(bare);
  const results: Result[] = [];
  for (const user of USERS) {
    const machine = await bare.copy();
    machines.push(machine);
    stopping.signal.throwIfAborted();
    await machine.clone(ROOT, user);
    for (const command of commands) {
      say(`${user.name}: ${command}`);
      const began = performance.now();
      stopping.signal.throwIfAborted();
      const code = await machine.run(command, user, (line) => console.log(`${user.name}: ${line}`));
      const seconds = Math.round((performance.now() - began) / 1_000);
      say(`${user.name}: ${command}: exit code ${code ?? 'none'} after ${seconds} s`);
      results.push({ user: user.name, command, seconds, code });
    }
    await machine.remove();
  }
  return results;
}

const stopping = new AbortController();
async function removeAll(): Promise<void> {
  // At once: what runs in the last one is not to wait until the first one is gone.
  await Promise.all(machines.splice(0).map((machine) => machine.remove()));
}
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(name, () => {
    stopping.abort(new Error(`stopped by ${name}`));
    void removeAll();
  });
}

try {
  const results = await run();
  const load = loadavg().map((one) => one.toFixed(1));
  say(`load average of the last 1, 5 and 15 minutes: ${load.join(', ')}`);
  for (const { user, command, seconds, code } of results) {
    const time = `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
    say(`${user.padEnd(9)} ${command.padEnd(13)} ${time.padStart(12)}  ${code === 0 ? 'passed' : 'failed'}`);
  }
  if (results.some(({ code }) => code !== 0)) process.exitCode = 1;
} catch (error) {
  const { reason } = stopping.signal as { readonly reason: unknown };
  say(String(reason ?? (error instanceof Error ? error.message : error)));
  process.exitCode = 1;
} finally {
  await removeAll();
}
