import { relative, resolve } from 'node:path';
import type { TestEvent } from 'node:test/reporters';

const LOOK_EVERY_MS = 1_000;
/** Nobody who watches is left longer without a line. */
const QUIET_MS = 10_000;
const LONGEST = 10;

/** Says which files run, whenever nothing else has been printed for a while. */
export class FileProgress {
  readonly #root: string;
  readonly #files: ReadonlySet<string>;
  readonly #print: (text: string) => void;
  readonly #now: () => number;
  readonly #running = new Map<string, number>();
  readonly #began: number;
  readonly #took: (readonly [file: string, ms: number])[] = [];
  #printedAt: number;
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param files absolute
   * @param now milliseconds
   */
  constructor(
    files: readonly string[],
    root: string,
    print: (text: string) => void,
    now: () => number = () => performance.now(),
  ) {
    this.#root = root;
    this.#files = new Set(files);
    this.#print = print;
    this.#now = now;
    this.#began = now();
    this.#printedAt = now();
  }

  start(): void {
    this.#timer = setInterval(() => this.look(), LOOK_EVERY_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** A test file begins and ends as a test of its own, whose name is its path. */
  take({ type, data }: TestEvent): void {
    if (type !== 'test:dequeue' && type !== 'test:complete') return;
    const file = resolve(this.#root, data.name);
    if (!this.#files.has(file)) return;
    const since = this.#running.get(file);
    if (type === 'test:dequeue') this.#running.set(file, this.#now());
    else if (since !== undefined) {
      this.#running.delete(file);
      this.#took.push([file, this.#now() - since]);
    }
  }

  /** Where the time went: a line for each of the files that took longest. */
  renderLongest(): string {
    const longest = this.#took.toSorted(([, a], [, b]) => b - a).slice(0, LONGEST);
    return longest
      .map(([file, ms]) => `${seconds(ms)} s`.padStart(6) + ` ${relative(this.#root, file)}\n`)
      .join('');
  }

  /** Something was printed by others. */
  heard(): void {
    this.#printedAt = this.#now();
  }

  look(): void {
    const now = this.#now();
    if (now - this.#printedAt < QUIET_MS) return;
    this.#printedAt = now;
    const running = [...this.#running].map(
      ([file, since]) => `${relative(this.#root, file)} (${seconds(now - since)} s)`,
    );
    this.#print(
      `… ${seconds(now - this.#began)} s: ${this.#took.length} of ${this.#files.size} files done, running ${running.join(', ')}\n`,
    );
  }
}

function seconds(ms: number): number {
  return Math.round(ms / 1_000);
}
