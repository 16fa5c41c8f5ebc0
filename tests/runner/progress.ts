import { relative, resolve } from 'node:path';
import type { TestEvent } from 'node:test/reporters';

const LOOK_EVERY_MS = 1_000;
/** Nobody who watches is left longer without a line. */
const QUIET_MS = 10_000;

/** Says which files run, whenever nothing else has been printed for a while. */
export class FileProgress {
  readonly #root: string;
  readonly #files: ReadonlySet<string>;
  readonly #print: (text: string) => void;
  readonly #now: () => number;
  readonly #running = new Map<string, number>();
  readonly #began: number;
  #done = 0;
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
    if (type === 'test:dequeue') this.#running.set(file, this.#now());
    else if (this.#running.delete(file)) this.#done += 1;
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
      `… ${seconds(now - this.#began)} s: ${this.#done} of ${this.#files.size} files done, running ${running.join(', ')}\n`,
    );
  }
}

function seconds(ms: number): number {
  return Math.round(ms / 1_000);
}
