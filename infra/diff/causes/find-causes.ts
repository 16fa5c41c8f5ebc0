import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { attribute, type Attribution, type EnvironmentSides } from './attribute.ts';

/** Initial data of a worker. */
export interface WorkerStart {
  /** Directory of the head's sources. */
  readonly checkout: string;
}

/** Result of a worker for each {@link EnvironmentSides}. */
export type WorkerMessage =
  | { readonly environment: string; readonly attribution: Attribution }
  | { readonly environment: string; readonly error: string };

export interface FoundCauses {
  /** By environment. */
  readonly attributions: ReadonlyMap<string, Attribution>;
  /** Why the head's code failed for some environment; its changes then have the code as their cause. */
  readonly error?: string;
}

/**
 * Finds the causes of all changes with the head's own code, one environment at a time, with one thread per core. Each
 * thread loads the modules of that checkout, independent of this process.
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
