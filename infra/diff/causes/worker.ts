// Thread of find-causes.ts: attributes the changes of each environment that it receives.
import { parentPort, workerData } from 'node:worker_threads';
import { attribute, type EnvironmentSides } from './attribute.ts';
import { loadCode } from './checkout-code.ts';
import type { WorkerMessage, WorkerStart } from './find-causes.ts';

const { checkout } = workerData as WorkerStart;
const code = loadCode(checkout);

async function answer(sides: EnvironmentSides): Promise<WorkerMessage> {
  const { environment } = sides;
  try {
    return { environment, attribution: attribute(sides, await code) };
  } catch (error) {
    return { environment, error: error instanceof Error ? error.message : String(error) };
  }
}

parentPort?.on('message', (sides: EnvironmentSides) => {
  void answer(sides).then((found) => parentPort?.postMessage(found));
});
