import type { Host } from '../host.ts';
import { readHistory } from '../up/history.ts';
import { renderRunning } from '../up/report.ts';
import { State, type Running } from '../up/state.ts';
import { connectStore, readCredentials } from '../verify/store-options.ts';
import type { Terminal } from '../up/terminal.ts';
import { collectStatus } from './collect.ts';
import { renderStatus } from './render-text.ts';
import type { StatusReport } from './report.ts';
import { serveStatus } from './serve.ts';

/** For how long a request is answered with the same report: several browsers ask no more than one. */
const FRESH_MS = 1_000;

export interface StatusOptions {
  readonly state: string;
  readonly json: boolean;
  /** Port of the page, 0 for any free one; undefined without a page. */
  readonly page: number | undefined;
}

export interface StatusContext {
  readonly host: Host;
  readonly terminal: Terminal;
  /** Ends the page. */
  readonly signal: AbortSignal;
}

/** @returns the exit code: 0 if nothing is wrong, otherwise 1 */
export async function statusCommand(
  { state: directory, json, page }: StatusOptions,
  { host, terminal, signal }: StatusContext,
): Promise<number> {
  const state = new State(directory, host);
  const { supervisor, running, processes } = state;
  if (page !== undefined) return serve(state, page, { host, terminal, signal });
  const report = running && (await collect(state, running, host));
  if (json) {
    const shown = report && { ...report, samples: undefined };
    const pid = supervisor?.pid;
    terminal.result(JSON.stringify({ running: running !== undefined, pid, ...running, ...shown, processes }));
  } else if (running !== undefined && report !== undefined) {
    const list = Object.entries(processes).map(([name, pid]) => `${name} ${pid}`);
    terminal.result(renderStatus(report));
    terminal.result(`\nruns as pid ${supervisor?.pid ?? '?'}\n${renderRunning(running, state.directory)}`);
    terminal.result(`processes        ${list.join(', ')}`);
  } else if (supervisor === undefined) {
    terminal.result(`nothing runs on ${state.directory}`);
  } else {
    terminal.result(`pid ${supervisor.pid} is starting, or ending, the pipeline`);
  }
  return report === undefined || report.problems.length > 0 ? 1 : 0;
}

async function serve(state: State, port: number, { host, terminal, signal }: StatusContext): Promise<number> {
  if (state.running === undefined) {
    throw new Error(`nothing runs on ${state.directory}: start it with npm run up`);
  }
  let latest: { readonly at: number; readonly report: Promise<StatusReport> } | undefined;
  const read = (): Promise<StatusReport> => {
    if (latest === undefined || performance.now() - latest.at > FRESH_MS) {
      latest = { at: performance.now(), report: collectNow(state, host) };
    }
    return latest.report;
  };
  const server = await serveStatus(read, port).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new Error(`port ${port} is in use: choose another with --port`, { cause: error });
  });
  terminal.result(`${server.url} shows the pipeline until Ctrl-C`);
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  await server.close();
  return 0;
}

async function collectNow(state: State, host: Host): Promise<StatusReport> {
  const { running, directory } = state;
  if (running !== undefined) return collect(state, running, host);
  return {
    at: new Date().toISOString(),
    programs: [],
    partitions: [],
    rates: { accepted: undefined, refused: undefined, stored: undefined },
    versions: {},
    samples: readHistory(state.historyFile),
    problems: [{ text: `nothing runs on ${directory} any more`, runbook: 'README.md#look-first' }],
  };
}

async function collect(state: State, running: Running, host: Host): Promise<StatusReport> {
  const { store } = running;
  const options = { location: store, endpoint: store.endpoint };
  const client = connectStore(options, host.env, readCredentials(store.credentialsFile));
  try {
    const samples = readHistory(state.historyFile);
    return await collectStatus({ running, samples, client, now: Date.now() });
  } finally {
    client.destroy();
  }
}
