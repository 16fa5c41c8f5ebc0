import type { ServerResponse } from 'node:http';
import type { Log } from '../../service/log.ts';
import type { MemoryAccount } from '../../service/memory/memory-account.ts';
import type { RecordLog, RecordTemplate } from '../delivery/record-log.ts';
import type { HttpMetrics } from '../metrics.ts';
import type { Sender } from '../sources/sender.ts';
import { lineOverQuota } from './admission.ts';
import { isJsonText, jsonProblem } from './json.ts';
import type { HttpLimits } from './limits.ts';
import { LineResults } from './line-results.ts';
import type { Line, LineReader } from './line-reader.ts';
import { invalidLine, lineTooLong, queueFull, type Problem } from './problem.ts';
import { lineHead } from './request.ts';

/** Limits of the lines of one upload that have no written result yet. */
const WINDOW = { lines: 1_000, bytes: 1_048_576 };
const NOTHING = Buffer.alloc(0);
/** Number of invalid lines whose error has a reason; finding the reason takes longer than storing a line. */
const EXPLAINED_LINES = 100;
const INVALID_LINE = invalidLine();
const LINE_OVER_QUOTA = lineOverQuota();

export interface BatchSessionOptions {
  readonly recordLog: RecordLog;
  readonly limits: HttpLimits;
  readonly budget: MemoryAccount;
  /** How long a line waits for room in the queue before it is refused. */
  readonly patienceMs: number;
  readonly metrics: HttpMetrics;
  readonly log: Log;
}

export interface BatchSessionRequest {
  readonly requestId: string;
  readonly key: Buffer | undefined;
  /** Who is charged for each line; `undefined` if anybody may send anything. */
  readonly sender: Sender | undefined;
  /** The response, whose head has been written. */
  readonly response: ServerResponse;
}

/** Lines to append together, or to refuse for the same reason. */
interface OpenRun {
  readonly source: Buffer;
  readonly problem: Problem | undefined;
  readonly bounds: number[];
  readonly numbers: number[];
  bytes: number;
}

const emptyRun = (source: Buffer = NOTHING, problem?: Problem): OpenRun => ({
  source,
  problem,
  bounds: [],
  numbers: [],
  bytes: 0,
});

/**
 * Appends the lines of one request to the log and writes their results.
 *
 * Lines go in runs: as many at once as a piece of the body holds and the window admits. A promise and a wait for each line
 * would double the CPU time of an upload (docs/performance-notes.md).
 */
export class BatchSession {
  readonly #options: BatchSessionOptions;
  readonly #template: RecordTemplate;
  readonly #sender: Sender | undefined;
  readonly #response: ServerResponse;
  readonly #results: LineResults;
  /** Lines that were read, and their bytes. Lines without a written result fill the window. */
  readonly #begun = { lines: 0, bytes: 0 };
  #run = emptyRun();
  #explained = 0;
  #wake: (() => void) | undefined;

  constructor(options: BatchSessionOptions, { requestId, key, sender, response }: BatchSessionRequest) {
    const { metrics, log } = options;
    this.#options = options;
    this.#template = options.recordLog.template(lineHead(requestId, key));
    this.#sender = sender;
    this.#response = response;
    this.#results = new LineResults({ requestId, response, metrics, log }, () => this.#wake?.());
  }

  /** Never rejects: an error that stops the upload becomes the last line of the response. */
  async run(lines: LineReader): Promise<void> {
    let problem: Problem | undefined;
    try {
      while (await lines.fill()) await this.#startAll(lines);
    } catch (reason) {
      problem = this.#results.problem(reason);
    }
    this.#appendRun();
    while (this.#results.written.lines < this.#begun.lines) await this.#change();
    this.#results.end(problem);
  }

  /** Handles every line that was read. */
  async #startAll(lines: LineReader): Promise<void> {
    for (let line = lines.take(); line !== undefined; line = lines.take()) {
      const bytes = line.end - line.start;
      while (!this.#windowFits(bytes)) {
        this.#appendRun();
        await this.#change();
      }
      const problem = this.#problemOf(line);
      if (line.source !== this.#run.source || problem !== this.#run.problem) this.#appendRun();
      if (problem === undefined && !this.#queueFits(bytes)) {
        this.#appendRun();
        await this.#waitForRoom(bytes);
      }
      if (this.#run.numbers.length === 0) this.#run = emptyRun(line.source, problem);
      this.#begin(bytes);
      this.#run.bounds.push(line.start, line.end);
      this.#run.numbers.push(line.number);
      this.#run.bytes += bytes;
    }
    this.#appendRun();
  }

  #problemOf({ lost, source, start, end }: Line): Problem | undefined {
    if (lost === 'too-long') return lineTooLong(this.#options.limits.maxBodyBytes);
    if (lost === 'queue-full') return queueFull();
    if (this.#sender !== undefined && this.#sender.take(0, 1, end - start) > 0) return LINE_OVER_QUOTA;
    if (isJsonText(source, start, end)) return undefined;
    if (this.#explained === EXPLAINED_LINES) return INVALID_LINE;
    this.#explained++;
    return invalidLine(jsonProblem(source, start, end));
  }

  #begin(bytes: number): void {
    this.#begun.lines++;
    this.#begun.bytes += bytes;
  }

  #windowFits(bytes: number): boolean {
    const { written } = this.#results;
    const lines = this.#begun.lines - written.lines;
    return lines === 0 || (lines < WINDOW.lines && this.#begun.bytes - written.bytes + bytes <= WINDOW.bytes);
  }

  /** Resolves when lines have left the window. */
  #change(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve));
  }

  /** Whether the queue has room for the open run and one more line. */
  #queueFits(bytes: number): boolean {
    const records = this.#run.numbers.length + 1;
    return this.#options.budget.fits(this.#run.bytes + bytes + records * this.#template.bytes, records);
  }

  /**
   * Waits for room where a single upload would be refused. Only one line waits, and only while the client is connected.
   */
  async #waitForRoom(bytes: number): Promise<void> {
    const { budget, patienceMs } = this.#options;
    const gone = new AbortController();
    const onClose = (): void => gone.abort();
    this.#response.once('close', onClose);
    if (this.#response.destroyed) gone.abort();
    const signal = AbortSignal.any([AbortSignal.timeout(patienceMs), gone.signal]);
    await budget.room(bytes + this.#template.bytes, signal, 1);
    this.#response.off('close', onClose);
  }

  #appendRun(): void {
    const { source, problem, bounds, numbers, bytes } = this.#run;
    if (numbers.length === 0) return;
    this.#run = emptyRun();
    const before = this.#begun.lines - numbers.length;
    if (problem !== undefined) {
      this.#results.settle(before, numbers, bytes, problem);
      return;
    }
    const run = { template: this.#template, source, bounds, numbers };
    const settle = (from: number, to: number, outcome: Parameters<LineResults['settle']>[3]) => {
      let bytes = 0;
      for (let index = from; index < to; index++)
        bytes += (bounds[2 * index + 1] ?? 0) - (bounds[2 * index] ?? 0);
      this.#results.settle(before + from, numbers.slice(from, to), bytes, outcome);
    };
    try {
      this.#options.recordLog.appendAll(run, settle);
    } catch (defect) {
      settle(0, numbers.length, defect as Error);
    }
  }
}
