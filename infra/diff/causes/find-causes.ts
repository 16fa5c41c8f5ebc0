import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { attribute, type Attribution, type EnvironmentSides } from './attribute.ts';

/** What a worker is told once. */
export interface WorkerStart {
  /** Directory of the head's sources. */
  readonly checkout: string;
}

/** What it answers for each {@link EnvironmentSides} that it is sent. */
export type WorkerMessage =
  | { readonly environment: string; readonly attribution: Attribution }
  | { readonly environment: string; readonly error: string };

export interface FoundCauses {
  /** By environment. */
  readonly attributions: ReadonlyMap<string, Attribution>;
  /** Why the head's code could not be asked somewhere; every change there is the code's. */
  readonly error?: string;
}

/**
 * Asks the head's own code for the causes of all changes, environment by environment, in as many threads as there are cores:
 * each has the modules of that checkout, whatever this process has.
 */
export async function findCauses(checkout: string, sides: readonly EnvironmentSides[]): Promise<FoundCauses> {
  const queue = [...sides];
  const answers: WorkerMessage[] = [];
  const count = Math.min(availableParallelism(), sides.length);
  await Promise.all(Array.from({ length: count }, () => runWorker(checkout, queue, answers)));
  const attributions = new Map(
    sides.map((side) => {
      const answer = answers.find(({ environment }) => environment === side.environment);
      const found = answer !== undefined && 'attribution' in answer ? answer.attribution : undefined;
      return [side.environment, found ?? attribute(side, undefined)] as const;
    }),
  );
  const error = answers.flatMap((answer) => ('error' in answer ? [answer.error] : []))[0];
  return { attributions, ...(error !== undefined && { error }) };
}

function runWorker(checkout: string, queue: EnvironmentSides[], answers: WorkerMessage[]): Promise<void> {
  const workerData: WorkerStart = { checkout };
  const worker = new Worker(new URL('worker.ts', import.meta.url), { workerData });
  return new Promise((resolve) => {
    let current = queue.shift();
    const next = (): void => {
      if (current === undefined) void worker.terminate();
      else worker.postMessage(current);
    };
    worker.on('message', (answer: WorkerMessage) => {
      answers.push(answer);
      current = queue.shift();
      next();
    });
    worker.on('error', (error) => {
      if (current !== undefined) answers.push({ environment: current.environment, error: String(error) });
    });
    worker.on('exit', () => {
      resolve();
    });
    next();
  });
}
