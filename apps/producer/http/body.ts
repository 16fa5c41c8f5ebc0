import type { IncomingMessage, ServerResponse } from 'node:http';
import type { GcPacer } from '../../service/memory/gc-pacer.ts';
import type { MemoryAccount } from '../../service/memory/memory-account.ts';
import { COPIES_OF_RECORD } from '../delivery/record-log.ts';
import { BodyReader } from './body-reader.ts';
import { exchangeOf, type Exchange } from './exchange.ts';
import { GrowingBuffer } from './growing-buffer.ts';
import type { HttpLimits } from './limits.ts';
import { bodyTooLarge, queueFull, requestTimeout } from './problem.ts';

/**
 * Asks for the body where the client waits to be asked (`Expect: 100-continue`): so late that everything which
 * can be refused from the head has been.
 */
export function askForBody(request: IncomingMessage, response: ServerResponse): void {
  if (request.headers.expect !== undefined) response.writeContinue();
}

/** A body that came in pieces leaves these behind, and the whole. */
const COPIES_HERE = 2;

export interface BodyOptions {
  readonly limits: HttpLimits;
  readonly budget: MemoryAccount;
  /** Hears of what a body of several pieces leaves behind. */
  readonly gcPacer: GcPacer;
}

/**
 * Reads a whole body. What is kept of it counts against the budget until the body is there.
 *
 * @throws {Problem} 408, 413, 503 where the budget is spent or the program ends, 400 where the body ends too early or
 * is malformed
 */
export async function readBody(
  request: IncomingMessage,
  response: ServerResponse,
  { limits, budget, gcPacer }: BodyOptions,
): Promise<Buffer> {
  const { maxBodyBytes, requestTimeoutMs } = limits;
  const declared = request.headers['content-length'];
  if (Number(declared ?? 0) > maxBodyBytes) throw bodyTooLarge(maxBodyBytes);
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
