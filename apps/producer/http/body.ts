import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Garbage } from '../../service/garbage.ts';
import type { Budget } from '../budget.ts';
import type { HttpLimits } from './limits.ts';
import { bodyTooLarge, incompleteBody, Problem, queueFull, requestTimeout, shuttingDown } from './problem.ts';

/**
 * Asks for the body where the client waits to be asked (`Expect: 100-continue`): so late that everything which
 * can be refused from the head has been.
 */
export function askForBody(request: IncomingMessage, response: ServerResponse): void {
  if (request.headers.expect !== undefined) response.writeContinue();
}

/** A body in pieces, as a whole, in its batch, and as the Kafka client copies that. */
const COPIES = 4;

export interface BodyOptions {
  readonly limits: HttpLimits;
  readonly budget: Budget;
  /** Told of what a body of several pieces leaves behind. */
  readonly garbage: Garbage;
}

/**
 * Reads a whole body. What has arrived counts against the budget until the body is there.
 *
 * @throws {Problem} 408, 413, 503 where the budget is spent, 400 where the client went away
 */
export async function readBody(
  request: IncomingMessage,
  response: ServerResponse,
  { limits, budget, garbage }: BodyOptions,
): Promise<Buffer> {
  const { maxBodyBytes, requestTimeoutMs } = limits;
  if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes) throw bodyTooLarge(maxBodyBytes);
  askForBody(request, response);
  const here = await bodyHere(request);
  if (here !== undefined) {
    if (!budget.fits(0, here.length)) throw queueFull();
    return here;
  }
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  let bytes = 0;
  const timer = setTimeout(() => reject(requestTimeout(requestTimeoutMs)), requestTimeoutMs);
  const onData = (chunk: Buffer) => {
    if (!budget.take(0, chunk.length)) {
      reject(queueFull());
      return;
    }
    bytes += chunk.length;
    if (bytes > maxBodyBytes) reject(bodyTooLarge(maxBodyBytes));
    chunks.push(chunk);
  };
  const onEnd = () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, bytes));
  // Comes after the end too.
  const onAbort = () => {
    if (!request.complete) reject(incompleteBody());
  };
  request.on('data', onData).on('end', onEnd).on('error', onAbort).on('close', onAbort);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    request.off('data', onData).off('end', onEnd).off('close', onAbort);
    budget.give(0, bytes);
    garbage.add(COPIES * bytes);
  }
}

/**
 * The whole body where it came in one piece with the head, as small ones do: it is there once Node's parser is through
 * with that piece. Without listeners and a timer, which took a tenth of the time of a request.
 */
async function bodyHere(request: IncomingMessage): Promise<Buffer | undefined> {
  const { 'content-length': length } = request.headers;
  if (length === undefined) return undefined;
  await Promise.resolve();
  if (request.readableLength === 0 || request.readableLength !== Number(length)) return undefined;
  return request.read() as Buffer;
}

/**
 * The pieces of a body of any length, as they come. The request is not destroyed when its reader stops early: its
 * answer is still to be written.
 *
 * @param onBytes told of each piece
 * @throws {Problem} 408 where nothing comes for `idleMs`, 400 where the client went away, 503 when `ending` aborts
 */
export async function* receiveBody(
  request: IncomingMessage,
  idleMs: number,
  ending: AbortSignal,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  const chunks = request.iterator({ destroyOnReturn: false });
  let interrupt: ((problem: Problem) => void) | undefined;
  const onEnding = () => interrupt?.(shuttingDown());
  ending.addEventListener('abort', onEnding);
  try {
    for (;;) {
      if (ending.aborted) throw shuttingDown();
      const interrupted = Promise.withResolvers<never>();
      interrupt = interrupted.reject;
      const timer = setTimeout(() => interrupted.reject(requestTimeout(idleMs)), idleMs);
      const next = Promise.race([chunks.next(), interrupted.promise]).finally(() => clearTimeout(timer));
      const { done, value } = (await next) as IteratorResult<Buffer, undefined>;
      if (done === true) return;
      onBytes(value.length);
      yield value;
    }
  } catch (error) {
    throw error instanceof Problem ? error : incompleteBody();
  } finally {
    ending.removeEventListener('abort', onEnding);
  }
}
