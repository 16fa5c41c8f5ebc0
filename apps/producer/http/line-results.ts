import type { ServerResponse } from 'node:http';
import type { Log } from '../../service/log.ts';
import type { StoredRecord } from '../delivery/record-log.ts';
import type { HttpMetrics } from '../metrics.ts';
import { toProblem, type Problem } from './problem.ts';
import { successLines } from './success-lines.ts';

/** Results of consecutive lines. */
interface Results {
  readonly lines: number;
  readonly bytes: number;
  readonly results: Buffer;
}

export interface LineResultsOptions {
  readonly requestId: string;
  /** Its high-water mark limits the results that the client has not read. */
  readonly response: ServerResponse;
  readonly metrics: HttpMetrics;
  readonly log: Log;
}

/** Writes the results of one upload in the order of its lines, as soon as they and all earlier ones are known. */
export class LineResults {
  readonly #options: LineResultsOptions;
  readonly #onWritten: () => void;
  #stored = 0;
  #failed = 0;
  #lines = 0;
  #bytes = 0;
  /** Results that wait for earlier ones, by the number of lines before them. */
  readonly #waiting = new Map<number, Results>();
  #writing = false;

  constructor(options: LineResultsOptions, onWritten: () => void) {
    this.#options = options;
    this.#onWritten = onWritten;
  }

  /** Number of lines with a written result, and their bytes. */
  get written(): { readonly lines: number; readonly bytes: number } {
    return { lines: this.#lines, bytes: this.#bytes };
  }

  /**
   * @param before number of lines before these; `outcome` is the position of the first stored line, or the error of all
   */
  settle(before: number, numbers: readonly number[], bytes: number, outcome: StoredRecord | Error): void {
    const results =
      outcome instanceof Error ? this.#failure(numbers, outcome) : this.#success(numbers, outcome);
    this.#waiting.set(before, { lines: numbers.length, bytes, results });
    this.#writeSoon();
  }

  /** Writes the last line of the response. */
  end(problem: Problem | undefined): void {
    const error = problem && { code: problem.code, message: problem.message };
    const end = { done: error === undefined, stored: this.#stored, failed: this.#failed, error };
    this.#options.response.end(`${JSON.stringify(end)}\n`);
  }

  /** Maps an error to the response; logs an unexpected one. */
  problem(reason: unknown): Problem {
    const { log, requestId } = this.#options;
    const problem = toProblem(reason);
    if (problem.statusCode === 500) log.error({ err: reason, requestId }, problem.message);
    return problem;
  }

  #success(numbers: readonly number[], stored: StoredRecord): Buffer {
    this.#stored += numbers.length;
    this.#count('stored', numbers.length);
    return successLines(numbers, stored);
  }

  #failure(numbers: readonly number[], reason: Error): Buffer {
    const { statusCode: status, code, message } = this.problem(reason);
    this.#failed += numbers.length;
    this.#count(code, numbers.length);
    const rest = JSON.stringify({ status, error: { code, message } }).slice(1);
    return Buffer.from(numbers.map((line) => `{"line":${line},${rest}\n`).join(''));
  }

  #count(code: string, lines: number): void {
    this.#options.metrics.records.inc({ route: '/upload/batch', code }, lines);
  }

  /** Writes the results of one produce response together: a write per line costs much CPU time (docs/performance-notes.md). */
  #writeSoon(): void {
    if (this.#writing || !this.#waiting.has(this.#lines)) return;
    this.#writing = true;
    setImmediate(() => void this.#writeSettled());
  }

  async #writeSettled(): Promise<void> {
    let lines = this.#lines;
    let bytes = this.#bytes;
    const parts: Buffer[] = [];
    for (let next = this.#waiting.get(lines); next !== undefined; next = this.#waiting.get(lines)) {
      this.#waiting.delete(lines);
      lines += next.lines;
      bytes += next.bytes;
      parts.push(next.results);
    }
    await this.#write(parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts));
    this.#lines = lines;
    this.#bytes = bytes;
    this.#writing = false;
    this.#writeSoon();
    this.#onWritten();
  }

  async #write(results: Buffer): Promise<void> {
    const { response } = this.#options;
    if (response.destroyed || response.write(results)) return;
    await new Promise<void>((resolve) => {
      const onChange = () => {
        response.off('drain', onChange).off('close', onChange);
        resolve();
      };
      response.on('drain', onChange).on('close', onChange);
    });
  }
}
