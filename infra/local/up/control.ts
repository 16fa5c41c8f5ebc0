import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Host } from '../host.ts';
import { runs } from '../pid-file.ts';
import { makePrivateDirectory } from '../private-directory.ts';
import { waitUntil } from '../wait.ts';
import { State } from './state.ts';
import type { Terminal } from './terminal.ts';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));
/** Above the 40 s that the slowest part may take to exit. */
const DOWN_DEADLINE_MS = 120_000;

export interface ControlContext {
  readonly host: Host;
  readonly terminal: Terminal;
}

/** Runs `up` in the background, and waits until the pipeline runs. Its output goes to `up.log`. */
export async function detach(
  directory: string,
  args: readonly string[],
  { host, terminal }: ControlContext,
): Promise<number> {
  const state = new State(directory, host);
  makePrivateDirectory(state.directory);
  const logFile = join(state.directory, 'up.log');
  const log = openSync(logFile, 'w', 0o600);
  const child = spawn(host.execPath, [MAIN, ...args.filter((arg) => arg !== '--detach')], {
    env: { ...host.env },
    stdio: ['ignore', log, log],
    detached: true,
  });
  closeSync(log);
  let exitCode: number | undefined;
  child.once('exit', (code) => (exitCode = code ?? 1));
  child.once('error', () => (exitCode = 1));
  let shown = 0;
  for (;;) {
    const ended = exitCode;
    const running = state.supervisor?.pid === child.pid ? state.running : undefined;
    const text = readFileSync(logFile, 'utf8');
    for (const line of text.slice(shown).trimEnd().split('\n')) if (line !== '') terminal.print(line);
    shown = text.length;
    if (ended !== undefined) return ended;
    if (running !== undefined) {
      terminal.print(`runs in the background as pid ${child.pid ?? '?'}: npm run status, npm run down`);
      child.unref();
      return 0;
    }
    await new Promise((later) => setTimeout(later, 200));
  }
}

/** Stops everything that runs on the state directory, in order, including processes of a killed supervisor. */
export async function down(directory: string, { host, terminal }: ControlContext): Promise<number> {
  const state = new State(directory, host);
  const { supervisor } = state;
  if (supervisor !== undefined) {
    terminal.step(`stopping pid ${supervisor.pid}`);
    host.kill(supervisor.pid, 'SIGTERM');
    // The supervisor releases the directory shortly before it exits.
    await waitUntil(() => state.supervisor === undefined && !runs(supervisor, host), {
      what: `ended: pid ${supervisor.pid}`,
      deadlineMs: DOWN_DEADLINE_MS,
    });
  }
  const survivors = state.killSurvivors();
  const nothing = supervisor === undefined && survivors.length === 0;
  terminal.print(nothing ? `nothing runs on ${state.directory}` : 'stopped');
  return 0;
}
