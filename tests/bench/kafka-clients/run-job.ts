import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Job, Message } from './worker.ts';

const worker = fileURLToPath(new URL('worker.ts', import.meta.url));

/**
 * Runs one measurement in a process of its own.
 *
 * @throws {Error} with what the process printed, where it ended without a result
 */
export async function runJob(job: Job, killBroker: (id: number) => Promise<void>): Promise<object> {
  const child = spawn(process.execPath, [worker, JSON.stringify(job)], {
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
  });
  let result: object | undefined;
  let printed = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (printed += text));
  child.on('message', (message: Message) => {
    if ('result' in message) result = message.result;
    else void killBroker(message.kill).then(() => child.send({ killed: message.kill }));
  });
  await once(child, 'close');
  if (result === undefined) throw new Error(`${job.client} ${job.measure}: ${printed.slice(-2_000)}`);
  return result;
}
