import { once } from 'node:events';
import type { PassThrough } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '../../service/log.ts';
import type { Budget } from '../budget.ts';
import type { Envelope } from '../delivery/envelope.ts';
import { valueBytes, type RecordLog, type RecordRun, type StoredRecord } from '../delivery/record-log.ts';
import type { HttpMetrics } from '../metrics.ts';
import { jsonProblem } from './json.ts';
import type { HttpLimits } from './limits.ts';
import type { Line, LineReader } from './lines.ts';
import { invalidLine, lineTooLong, toProblem, type Problem } from './problem.ts';
import { lineEnvelope } from './request.ts';

/** How many lines of one upload may be under way at once, and how many of their bytes. */
const WINDOW = { lines: 1_000, bytes: 1_048_576 };
const FULL_QUEUE_PAUSE_MS = 10;
const NOTHING = Buffer.alloc(0);

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

/** What is known of lines that follow each other. */
interface Results {
  readonly lines: number;
  readonly bytes: number;
  readonly text: string;
}

function emptyRun(): { source: Buffer; bounds: number[]; numbers: number[]; bytes: number } {
  return { source: NOTHING, bounds: [], numbers: [], bytes: 0 };
}

/**
 * Appends the lines of one request and writes their results in the same order, each as soon as it is known.
 *
 * Lines go in runs, as many at once as a piece of the body has and the window takes: what is done for each run (a
 * promise, a wait, a metric) cost more for each line than all that a line needs.
 */
export class BatchUpload {
  readonly #options: BatchUploadOptions;
  readonly #request: BatchUploadRequest;
  readonly #envelope: Envelope;
  #stored = 0;
  #failed = 0;
  /** How many lines have begun, and the results of how many are written: what is between is the window. */
  #begun = 0;
  #written = 0;
  /** Of the lines in the window. */
  #bytes = 0;
  /** What waits for the results before it, by how many lines those are. */
  readonly #results = new Map<number, Results>();
  #writing = false;
  #wake: (() => void) | undefined;
  /** The last lines that have begun and are not appended yet. */
  #run = emptyRun();

  constructor(options: BatchUploadOptions, request: BatchUploadRequest) {
    this.#options = options;
    this.#request = request;
    this.#envelope = lineEnvelope(request.requestId, request.key);
  }

  /** Never rejects: what stops the reading is the last line of the answer. */
  async run(lines: LineReader): Promise<void> {
    let problem: Problem | undefined;
    try {
      while (await lines.fill()) await this.#startAll(lines);
    } catch (reason) {
      problem = this.#problem(reason);
    }
    this.#appendRun();
    while (this.#begun > this.#written) await this.#change();
    const error = problem && { code: problem.code, message: problem.message };
    const end = { done: error === undefined, stored: this.#stored, failed: this.#failed, error };
    this.#request.results.end(`${JSON.stringify(end)}\n`);
  }

  /** Every line that is there. */
  async #startAll(lines: LineReader): Promise<void> {
    for (let line = lines.take(); line !== undefined; line = lines.take()) {
      const { source, start, end } = line;
      const bytes = end - start;
      while (!this.#windowFits(bytes)) {
        this.#appendRun();
        await this.#change();
      }
      this.#bytes += bytes;
      const problem = this.#problemOf(line);
      if (problem !== undefined) {
        this.#appendRun();
        this.#settle(this.#begun++, [line.number], bytes, problem);
        continue;
      }
      if (source !== this.#run.source) this.#appendRun();
      if (!this.#queueFits(bytes)) {
        this.#appendRun();
        await this.#waitForRoom(bytes);
      }
      this.#begun++;
      this.#run.source = source;
      this.#run.bounds.push(start, end);
      this.#run.numbers.push(line.number);
      this.#run.bytes += bytes;
    }
    this.#appendRun();
  }

  #problemOf({ tooLong, source, start, end }: Line): Problem | undefined {
    if (tooLong) return lineTooLong(this.#options.limits.maxBodyBytes);
    const invalid = jsonProblem(source.subarray(start, end));
    return invalid === undefined ? undefined : invalidLine(invalid);
  }

  #windowFits(bytes: number): boolean {
    const lines = this.#begun - this.#written;
    return lines === 0 || (lines < WINDOW.lines && this.#bytes + bytes <= WINDOW.bytes);
  }

  /** Resolves when lines have left the window. */
  #change(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve));
  }

  /** Whether the queue takes what is to be appended and one line more. */
  #queueFits(bytes: number): boolean {
    const records = this.#run.numbers.length + 1;
    return this.#options.budget.fits(records, this.#run.bytes + bytes + records * this.#envelope.bytes);
  }

  /** So that a line waits here, and only one, where a request of its own would be refused. */
  async #waitForRoom(bytes: number): Promise<void> {
    const deadline = performance.now() + this.#options.patienceMs;
    while (!this.#queueFits(bytes) && performance.now() < deadline) await delay(FULL_QUEUE_PAUSE_MS);
  }

  #appendRun(): void {
    const { source, bounds, numbers } = this.#run;
    if (numbers.length === 0) return;
    this.#run = emptyRun();
    const before = this.#begun - numbers.length;
    const run: RecordRun = { envelope: this.#envelope, source, bounds, numbers };
    this.#options.recordLog.appendAll(run, (from, to, outcome) => {
      let bytes = 0;
      for (let index = from; index < to; index++) bytes += valueBytes(run, index);
      this.#settle(before + from, numbers.slice(from, to), bytes, outcome);
    });
  }

  /** @param before how many lines there are before these */
  #settle(before: number, numbers: readonly number[], bytes: number, outcome: StoredRecord | Error): void {
    const text = outcome instanceof Error ? this.#failure(numbers, outcome) : this.#success(numbers, outcome);
    this.#results.set(before, { lines: numbers.length, bytes, text });
    this.#writeSoon();
  }

  #success(numbers: readonly number[], { partition, offset, timestamp }: StoredRecord): string {
    this.#stored += numbers.length;
    this.#count('stored', numbers.length);
    const middle = `,"status":201,"partition":${partition},"offset":`;
    const end = `,"timestamp":${timestamp}}\n`;
    let text = '';
    let next = offset;
    for (const number of numbers) {
      text += `{"line":${number}${middle}${next}${end}`;
      if (next !== null) next++;
    }
    return text;
  }

  #failure(numbers: readonly number[], reason: Error): string {
    const { statusCode: status, code, message } = this.#problem(reason);
    this.#failed += numbers.length;
    this.#count(code, numbers.length);
    const lines = numbers.map((line) => `${JSON.stringify({ line, status, error: { code, message } })}\n`);
    return lines.join('');
  }

  #problem(reason: unknown): Problem {
    const problem = toProblem(reason);
    const { requestId } = this.#request;
    if (problem.statusCode === 500) this.#options.log.error({ err: reason, requestId }, problem.message);
    return problem;
  }

  #count(code: string, lines: number): void {
    this.#options.metrics.records.inc({ route: '/upload/batch', code }, lines);
  }

  /** Together what one answer of Kafka has settled: to write each line by itself takes a fifth of the processor's time. */
  #writeSoon(): void {
    if (this.#writing || !this.#results.has(this.#written)) return;
    this.#writing = true;
    setImmediate(() => void this.#writeSettled());
  }

  async #writeSettled(): Promise<void> {
    const settled = { lines: 0, bytes: 0, text: '' };
    for (;;) {
      const place = this.#written + settled.lines;
      const next = this.#results.get(place);
      if (next === undefined) break;
      this.#results.delete(place);
      settled.lines += next.lines;
      settled.bytes += next.bytes;
      settled.text += next.text;
    }
    await this.#write(settled.text);
    this.#written += settled.lines;
    this.#bytes -= settled.bytes;
    this.#writing = false;
    this.#writeSoon();
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
