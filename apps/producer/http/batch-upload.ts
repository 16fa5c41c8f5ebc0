import { once } from 'node:events';
import type { PassThrough } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '../../service/log.ts';
import type { Budget } from '../budget.ts';
import { recordBytes } from '../delivery/batch.ts';
import type { EventRecord, RecordLog } from '../delivery/record-log.ts';
import type { HttpLimits } from './limits.ts';
import { jsonProblem } from './json.ts';
import type { Line } from './lines.ts';
import type { HttpMetrics } from '../metrics.ts';
import { invalidLine, lineTooLong, toProblem } from './problem.ts';
import { lineHeaders } from './request.ts';

/** How many lines of one upload may be under way at once, and how many of their bytes. */
const WINDOW = { lines: 1_000, bytes: 1_048_576 };
const FULL_QUEUE_PAUSE_MS = 10;

export interface BatchUploadOptions {
  readonly recordLog: RecordLog;
  readonly limits: HttpLimits;
  readonly budget: Budget;
  /** How long a line waits for room in the queue before it is refused. */
  readonly patienceMs: number;
  readonly metrics: HttpMetrics;
  readonly log: Log;
}

export interface BatchUploadRequest {
  readonly requestId: string;
  readonly key: Buffer | undefined;
  /** Where the results go; what is written and not read yet is bounded by its high-water mark. */
  readonly results: PassThrough;
}

/** A line under way; `text` is its line of the answer once that is known. */
interface Slot {
  readonly bytes: number;
  text?: string;
}

/** Appends the lines of one request and writes their results in the same order, each as soon as it is known. */
export class BatchUpload {
  readonly #options: BatchUploadOptions;
  readonly #request: BatchUploadRequest;
  readonly #headers: (line: number) => EventRecord['headers'];
  #stored = 0;
  #failed = 0;
  /** In the order of the lines; each keeps its place in the window until its result is written. */
  readonly #slots: Slot[] = [];
  #bytes = 0;
  #writing = false;
  #wake: (() => void) | undefined;

  constructor(options: BatchUploadOptions, request: BatchUploadRequest) {
    this.#options = options;
    this.#request = request;
    this.#headers = lineHeaders(request.requestId, 'application/json');
  }

  /** Never rejects: what stops the reading is the last line of the answer. */
  async run(first: Line, rest: AsyncIterable<Line>): Promise<void> {
    let error: { code: string; message: string } | undefined;
    try {
      await this.#start(first);
      for await (const line of rest) await this.#start(line);
    } catch (reason) {
      const { code, message } = toProblem(reason);
      error = { code, message };
    }
    while (this.#slots.length > 0) await this.#change();
    const end = { done: error === undefined, stored: this.#stored, failed: this.#failed };
    this.#request.results.end(`${JSON.stringify(error === undefined ? end : { ...end, error })}\n`);
  }

  /** Returns when the next line may be read. */
  async #start({ number, text }: Line): Promise<void> {
    const bytes = text?.length ?? 0;
    while (
      this.#slots.length >= WINDOW.lines ||
      (this.#slots.length > 0 && this.#bytes + bytes > WINDOW.bytes)
    ) {
      await this.#change();
    }
    const slot: Slot = { bytes };
    this.#slots.push(slot);
    this.#bytes += bytes;
    const record = text && this.#record(text, number);
    if (record !== undefined && !this.#options.budget.fits(1, recordBytes(record))) {
      await this.#waitForRoom(recordBytes(record));
    }
    void this.#deliver(number, record).then((text) => {
      slot.text = `${text}\n`;
      this.#writeSoon();
    });
  }

  /** Resolves when lines have left the window. */
  #change(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve));
  }

  #record(value: Buffer, number: number): EventRecord {
    const { key } = this.#request;
    return { value, headers: this.#headers(number), ...(key && { key }) };
  }

  /** So that a line waits here, and only one, where a request of its own would be refused. */
  async #waitForRoom(bytes: number): Promise<void> {
    const { budget, patienceMs } = this.#options;
    const deadline = performance.now() + patienceMs;
    while (!budget.fits(1, bytes) && performance.now() < deadline) await delay(FULL_QUEUE_PAUSE_MS);
  }

  /** The line of the answer; never rejects. */
  async #deliver(line: number, record: EventRecord | undefined): Promise<string> {
    const { metrics, recordLog, limits, log } = this.#options;
    const count = (code: string) => metrics.records.inc({ route: '/upload/batch', code });
    try {
      if (record === undefined) throw lineTooLong(limits.maxBodyBytes);
      const invalid = jsonProblem(record.value);
      if (invalid !== undefined) throw invalidLine(invalid);
      const { partition, offset, timestamp } = await recordLog.append(record);
      count('stored');
      this.#stored++;
      return `{"line":${line},"status":201,"partition":${partition},"offset":${offset},"timestamp":${timestamp}}`;
    } catch (reason) {
      const { statusCode: status, code, message } = toProblem(reason);
      if (status === 500) log.error({ err: reason, requestId: this.#request.requestId, line }, message);
      count(code);
      this.#failed++;
      return JSON.stringify({ line, status, error: { code, message } });
    }
  }

  /** Together what one answer of Kafka has settled: to write each line by itself takes a fifth of the processor's time. */
  #writeSoon(): void {
    if (this.#writing) return;
    this.#writing = true;
    setImmediate(() => void this.#writeSettled());
  }

  async #writeSettled(): Promise<void> {
    const open = this.#slots.findIndex(({ text }) => text === undefined);
    const settled = this.#slots.slice(0, open === -1 ? this.#slots.length : open);
    if (settled.length > 0) await this.#write(settled.map(({ text }) => text).join(''));
    this.#slots.splice(0, settled.length);
    for (const { bytes } of settled) this.#bytes -= bytes;
    this.#writing = false;
    if (this.#slots[0]?.text !== undefined) this.#writeSoon();
    this.#wake?.();
  }

  async #write(text: string): Promise<void> {
    const { results } = this.#request;
    if (results.destroyed || results.write(text)) return;
    const answered = new AbortController();
    const { signal } = answered;
    const events = ['drain', 'close'].map((event) => once(results, event, { signal }));
    // It fails with the stream, which is the end of it too.
    await Promise.race(events).catch(() => undefined);
    answered.abort();
  }
}
