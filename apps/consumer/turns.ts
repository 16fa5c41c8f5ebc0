import type { LogPosition } from '../kafka/log-position.ts';
import { endOfBatches } from '../kafka/records/batches.ts';
import type { FetchedLog } from './log-reader.ts';

export interface TurnsOptions {
  /** Says where reading goes on, and by `rewinds` when that has jumped. */
  readonly writer: { readonly position: LogPosition; readonly rewinds: number };
  readonly read: (fetched: FetchedLog) => Promise<void>;
  readonly onFailed: (error: unknown) => void;
  /** Called after each turn: another fetch may be wanted. */
  readonly onOver: () => void;
}

/** What was fetched while what stands before it in the log was being read. */
interface Ahead {
  readonly fetched: FetchedLog;
  /** Offset from where it was fetched. */
  readonly from: number;
  readonly rewinds: number;
  /** Tells who has fetched it that it was read, or is not wanted any more. */
  readonly done: (reading: Promise<void> | undefined) => void;
}

/**
 * What is done with the log of one partition, one after the other. One fetch goes ahead of what is being read, so that
 * reading does not wait for the broker.
 */
export class Turns {
  readonly #options: TurnsOptions;
  #busy = false;
  /** Where the next fetch may begin while what the last one has brought is being read; only while busy. */
  #readEnd: LogPosition | undefined;
  #ahead: Ahead | undefined;

  constructor(options: TurnsOptions) {
    this.#options = options;
  }

  /** Where to fetch from; `undefined` while nothing more may be. */
  get wanted(): LogPosition | undefined {
    return this.#busy ? this.#readEnd : this.#options.writer.position;
  }

  /** Reads what a fetch from {@link wanted} has brought, when its turn comes. Never rejects. */
  read(fetched: FetchedLog): Promise<void> {
    const from = this.#readEnd?.offset;
    if (from !== undefined) return this.#keepAhead(fetched, from);
    return this.#take(() => {
      this.#readEnd = endOfBatches(fetched.log);
      return this.#options.read(fetched);
    });
  }

  /**
   * Does what a fetch from {@link wanted} calls for that has brought no records. Not where it went ahead, to an offset
   * that may not be reached: if it is, a fetch from there says so again. Never rejects.
   */
  unlessAhead(task: () => Promise<void>): Promise<void> {
    if (!this.#busy) return this.#take(task);
    this.#readEnd = undefined;
    return Promise.resolve();
  }

  #keepAhead(fetched: FetchedLog, from: number): Promise<void> {
    const { rewinds } = this.#options.writer;
    this.#readEnd = undefined;
    return new Promise((done) => {
      this.#ahead = { fetched, from, rewinds, done };
    });
  }

  async #take(task: () => Promise<void>): Promise<void> {
    const { onFailed, onOver } = this.#options;
    this.#busy = true;
    try {
      await task();
    } catch (error) {
      onFailed(error);
    } finally {
      this.#busy = false;
      this.#readEnd = undefined;
      this.#readAhead();
      onOver();
    }
  }

  #readAhead(): void {
    const { writer } = this.#options;
    const ahead = this.#ahead;
    this.#ahead = undefined;
    if (ahead === undefined) return;
    const isNext = ahead.rewinds === writer.rewinds && ahead.from === writer.position.offset;
    ahead.done(isNext ? this.read(ahead.fetched) : undefined);
  }
}
