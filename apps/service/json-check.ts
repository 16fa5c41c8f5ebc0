import { compiled, instantiate } from './assembly.ts';

/** Exports of `assembly/json-check.ts`. */
interface Exports {
  readonly memory: WebAssembly.Memory;
  readonly TEXT: WebAssembly.Global<number>;
  readonly check: (bytes: number, maxDepth: number) => number;
  readonly checkLine: (bytes: number) => number;
}

/** Larger texts are refused, or use an instance that is dropped again: the memory of an instance never shrinks. */
const MAX_BYTES = 1024 * 1024;
const MAX_LINE_BYTES = 8 * 1024 * 1024;
const PAGE_BYTES = 65_536;
/** The check reads beyond the text, and keeps its stack behind it. */
const SLACK_BYTES = 256;

/** An instance of the check, whose memory is reused for each text. */
class Checker {
  readonly #exports: Exports;
  #bytes: Buffer;

  constructor(module: WebAssembly.Module) {
    this.#exports = instantiate(module) as Exports;
    this.#bytes = Buffer.from(this.#exports.memory.buffer);
  }

  isJson(source: Buffer, maxDepth: number, start: number, end: number): boolean {
    this.#put(source, start, end);
    return this.#exports.check(end - start, maxDepth) === 1;
  }

  isJsonLine(source: Buffer, end: number): boolean {
    this.#put(source, 0, end);
    return this.#exports.checkLine(end) === 1;
  }

  #put(source: Buffer, start: number, end: number): void {
    const { memory, TEXT } = this.#exports;
    const bytes = end - start;
    const needed = TEXT.value + bytes + bytes / 8 + SLACK_BYTES;
    if (needed > this.#bytes.length) {
      memory.grow(Math.ceil((needed - this.#bytes.length) / PAGE_BYTES));
      this.#bytes = Buffer.from(memory.buffer);
    }
    source.copy(this.#bytes, TEXT.value, start, end);
  }
}

const module = compiled(new URL('assembly/json-check.wasm', import.meta.url));
const checker = new Checker(module);

/**
 * Whether the bytes [start, end) are one JSON text (RFC 8259) in UTF-8 without a byte order mark, nested at most
 * `maxDepth` deep. Several times as fast as `JSON.parse` (docs/performance-notes.md).
 *
 * @returns `undefined` if it is too large to check here
 */
export function isJson(
  source: Buffer,
  maxDepth: number,
  start = 0,
  end = source.length,
): boolean | undefined {
  return end - start > MAX_BYTES ? undefined : checker.isJson(source, maxDepth, start, end);
}

/**
 * Whether the bytes [0, end) are a JSON text on one line that every common reader can parse: at most 8 MiB, nested at
 * most 100 deep, numbers of at most 1,000 characters, names of at most 50,000 bytes, and no escape of a single
 * surrogate.
 */
export function isJsonLine(source: Buffer, end: number): boolean {
  if (end > MAX_LINE_BYTES) return false;
  return (end > MAX_BYTES ? new Checker(module) : checker).isJsonLine(source, end);
}
