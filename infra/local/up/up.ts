import { setTimeout as sleep } from 'node:timers/promises';
import type { Host } from '../host.ts';
import { jarSetsOf } from '../kafka-cluster.ts';
import { hasMavenSettings } from '../maven-jars.ts';
import { findFreePort } from '../ports.ts';
import { makePrivateDirectory } from '../private-directory.ts';
import { Toolchain } from '../toolchain.ts';
import type { Verification } from '../verify.ts';
import { readEvents } from './events.ts';
import type { Figures } from './figures.ts';
import type { UpOptions } from './options.ts';
import { Pipeline } from './pipeline.ts';
import { findProblems } from './prerequisites.ts';
import { buildReport, renderFigures, renderReport, renderRunning } from './report.ts';
import { Sender } from './sender.ts';
import { History } from './history.ts';
import { State } from './state.ts';
import type { Terminal } from './terminal.ts';

const LOOK_EVERY_MS = 500;
/** Time without any progress after which events that are not stored are reported as missing. */
const PATIENCE_MS = 60_000;
const INTERRUPTED = 130;
/** Kafka's first segments and the sample take a tenth of it. */
const FREE_BYTES = 1024 ** 3;
/** Free space below which a failure was most likely caused by the full disk. */
const FULL_BYTES = 16 * 1024 ** 2;

export interface UpContext {
  readonly host: Host;
  readonly terminal: Terminal;
  readonly pid: number;
  /** Ends the run in order. */
  readonly signal: AbortSignal;
  /** Ends it at once. */
  readonly hurry: AbortSignal;
}

/**
 * Runs the pipeline, sends the events, and reports the outcome.
 *
 * @returns the exit code: 0 if every event is stored exactly once, 1 if not, 130 if it was interrupted before that was
 *   known
 * @throws {Error} if the machine or the state directory does not allow it, or a part cannot be kept running
 */
export async function up(options: UpOptions, context: UpContext): Promise<number> {
  const state = new State(options.state, context.host);
  makePrivateDirectory(state.directory);
  state.claim(context.pid);
  try {
    return await run(options, state, context);
  } finally {
    state.release();
  }
}

async function run(options: UpOptions, state: State, context: UpContext): Promise<number> {
  const { host, terminal, signal, hurry } = context;
  const progress = (text: string): void => terminal.step(text);
  const toolchain = new Toolchain({ host, progress, signal });
  const problems = await missing(options, toolchain, context);
  if (problems.length > 0) throw new Error(problems.join('\n'));
  const survivors = state.killSurvivors();
  if (survivors.length > 0) terminal.print(`stopped processes of an earlier run: ${survivors.join(', ')}`);
  signal.throwIfAborted();
  const pipeline = new Pipeline({
    host,
    directory: state.directory,
    toolchain,
    progress,
    signal,
    kafka: options.kafka,
    store: options.store,
    port: options.port === 0 ? await findFreePort() : options.port,
  });
  hurry.addEventListener('abort', () => pipeline.kill());
  // Also stops parts that are just starting, and their waiters.
  const stopEarly = (): void => void pipeline.stop();
  signal.addEventListener('abort', stopEarly);
  try {
    const running = await pipeline.start();
    signal.removeEventListener('abort', stopEarly);
    state.announce(running);
    terminal.print(renderRunning(running, state.directory));
    const history = new History(state.historyFile);
    return await use({ pipeline, history, options, endpoint: running.producer }, context);
  } catch (error) {
    const [full] = await findProblems({ state: options.state, freeBytes: FULL_BYTES }, host);
    throw full === undefined ? error : new Error(`${(error as Error).message}\n${full}`, { cause: error });
  } finally {
    terminal.step('stopping');
    await pipeline.stop();
    terminal.print('stopped');
  }
}

async function missing(
  { kafka, port, store, state, events }: UpOptions,
  toolchain: Toolchain,
  { host }: UpContext,
): Promise<string[]> {
  const jarSets = typeof kafka === 'string' ? [] : jarSetsOf(kafka.metadata);
  const haveJars = await Promise.all(jarSets.map((set) => toolchain.hasJars(set)));
  return findProblems(
    {
      java: jarSets.length > 0,
      maven: haveJars.includes(false) && hasMavenSettings(host),
      go: store === undefined && !(await toolchain.hasVersitygw()),
      port: port === 0 ? undefined : port,
      state,
      freeBytes: FREE_BYTES,
      input: typeof events === 'object' ? events.file : undefined,
    },
    host,
  );
}

interface Used {
  readonly pipeline: Pipeline;
  readonly history: History;
  readonly options: UpOptions;
  /** URL of the producer. */
  readonly endpoint: string;
}

async function use(
  { pipeline, history, options, endpoint }: Used,
  { terminal, signal }: UpContext,
): Promise<number> {
  const finished = new AbortController();
  const ending = AbortSignal.any([signal, pipeline.broken, finished.signal]);
  const watching = watch({ pipeline, history }, terminal, ending);
  try {
    let exitCode = 0;
    if (options.events !== 'none') {
      const code = await sendAndVerify(pipeline, options, endpoint, { terminal, ending });
      pipeline.broken.throwIfAborted();
      exitCode = code ?? INTERRUPTED;
      if (options.once || code === undefined) return exitCode;
      terminal.print('the pipeline runs until Ctrl-C');
    }
    await watching;
    pipeline.broken.throwIfAborted();
    return exitCode;
  } finally {
    finished.abort();
    await watching;
  }
}

/** @returns the exit code; undefined if it was interrupted before the result was known */
async function sendAndVerify(
  pipeline: Pipeline,
  options: UpOptions,
  endpoint: string,
  { terminal, ending }: { readonly terminal: Terminal; readonly ending: AbortSignal },
): Promise<number | undefined> {
  const sender = new Sender(endpoint, ending);
  const objectsBefore = await pipeline.figures();
  const began = performance.now();
  await sender.send(readEvents(options.events));
  const verification = await untilStored(pipeline, sender, ending);
  if (verification === undefined) {
    terminal.print(`interrupted: ${sender.accepted} events were accepted; the store was not checked`);
    return undefined;
  }
  const seconds = (performance.now() - began) / 1_000;
  const { objects } = await pipeline.figures();
  const report = buildReport({
    verification,
    objects: objects - objectsBefore.objects,
    seconds,
    failed: sender.failed,
  });
  if (sender.failure !== undefined) terminal.print(`not accepted: ${sender.failure}`);
  terminal.result(options.json ? JSON.stringify(report) : renderReport(report));
  return report.ok ? 0 : 1;
}

/**
 * @returns the verification, when nothing is missing or nothing makes progress any more; undefined if it was
 *   interrupted
 */
async function untilStored(
  pipeline: Pipeline,
  sender: Sender,
  ending: AbortSignal,
): Promise<Verification | undefined> {
  let movedAt = performance.now();
  let stored = -1;
  while (!ending.aborted) {
    const figures = await pipeline.figures().catch(() => undefined);
    if (figures !== undefined && figures.stored !== stored) {
      stored = figures.stored;
      movedAt = performance.now();
    }
    const patient = performance.now() - movedAt < PATIENCE_MS;
    if (figures?.lag === 0 || !patient) {
      const verification = await pipeline.verify(sender.ledger);
      if (verification.missing === 0 || !patient) return verification;
    }
    await sleep(LOOK_EVERY_MS, undefined, { signal: ending }).catch(() => undefined);
  }
  return undefined;
}

async function watch(
  { pipeline, history }: Pick<Used, 'pipeline' | 'history'>,
  terminal: Terminal,
  ending: AbortSignal,
): Promise<void> {
  let shown = '';
  while (!ending.aborted) {
    const figures = await pipeline.availableFigures();
    history.add({ at: Date.now(), ...figures });
    const text = isComplete(figures) ? renderFigures(figures) : shown;
    if (text !== shown) terminal.live(text);
    shown = text;
    await sleep(LOOK_EVERY_MS, undefined, { signal: ending }).catch(() => undefined);
  }
}

function isComplete(figures: Partial<Figures>): figures is Figures {
  return figures.accepted !== undefined && figures.stored !== undefined;
}
