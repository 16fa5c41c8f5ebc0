import type { IncomingMessage, ServerResponse } from 'node:http';
import type { GcPacer } from '../../service/memory/gc-pacer.ts';
import type { MemoryAccount } from '../../service/memory/memory-account.ts';
import { COPIES_OF_RECORD } from '../delivery/record-log.ts';
import { BodyReader } from './body-reader.ts';
import { exchangeOf, type Exchange } from './exchange.ts';
import { GrowingBuffer } from './growing-buffer.ts';
import type { HttpLimits } from './limits.ts';
import { bodyTooLarge, queueFull, requestTimeout } from './problem.ts';

/** Sends `100 Continue` if the client expects it, once the head has passed every check. */
export function askForBody(request: IncomingMessage, response: ServerResponse): void {
  if (request.headers.expect !== undefined) response.writeContinue();
}

/** Garbage of a body in pieces: as many copies of the pieces, and of the whole body. */
const COPIES_HERE = 2;

export interface BodyOptions {
  readonly limits: HttpLimits;
  readonly budget: MemoryAccount;
  /** Notified of the garbage of a body that arrives in pieces. */
  readonly gcPacer: GcPacer;
}

/**
 * Reads a whole body. Its bytes count against the budget until it is complete.
 *
 * @param charge called once with its size: before it is read if that is declared, otherwise behind it; may throw
 * @throws {Problem} 408; 413; 503 if the budget is exhausted or the program shuts down; 400 if the body is malformed or
 *   ends too early
 */
export async function readBody(
  request: IncomingMessage,
  response: ServerResponse,
  { limits, budget, gcPacer }: BodyOptions,
  charge: (bytes: number) => void,
): Promise<Buffer> {
  const { maxBodyBytes, requestTimeoutMs } = limits;
  const declared = request.headers['content-length'];
  if (Number(declared ?? 0) > maxBodyBytes) throw bodyTooLarge(maxBodyBytes);
  if (declared !== undefined) charge(Number(declared));
  askForBody(request, response);
  const exchange = exchangeOf(request, response);
  const here = declared === undefined ? undefined : await bodyHere(exchange, Number(declared));
  if (here !== undefined) {
    if (!budget.fits(here.length)) throw queueFull();
    return here;
  }
  const reader = new BodyReader(exchange);
  const kept = new GrowingBuffer(budget, Number(declared ?? maxBodyBytes));
  const deadline = performance.now() + requestTimeoutMs;
  const read = () => reader.read(deadline, () => requestTimeout(requestTimeoutMs));
  try {
    for (let piece = await read(); piece !== undefined; piece = await read()) {
      if (kept.length + piece.length > maxBodyBytes) throw bodyTooLarge(maxBodyBytes);
      if (!kept.append(piece)) throw queueFull();
    }
    if (declared === undefined) charge(kept.length);
    gcPacer.note((COPIES_HERE + COPIES_OF_RECORD) * kept.length);
    return kept.take();
  } finally {
    reader.close();
    kept.clear();
  }
}

/**
 * The whole body if it came in one piece with the head, as small bodies do: Node's parser has it one microtask later. Saves
 * the listeners and the timer of a stream (docs/performance-notes.md).
 */
async function bodyHere(exchange: Exchange, declared: number): Promise<Buffer | undefined> {
  const { request } = exchange;
  exchange.want();
  await Promise.resolve();
  if (request.readableLength === 0 || request.readableLength !== declared) return undefined;
  return request.read() as Buffer;
}
