import type { LogPosition } from '../../kafka/log-position.ts';
import { endOfBatches } from '../../kafka/records/batches.ts';
import type { ChainSession } from '../chain/chain-session.ts';
import type { FetchedLog } from './log-reader.ts';

/** Where to fetch from, for the session that reads there. */
export interface FetchPosition extends LogPosition {
  readonly session: ChainSession;
}

export interface ReadAheadOptions {
  readonly writer: { readonly session: ChainSession };
  readonly read: (session: ChainSession, fetched: FetchedLog) => Promise<void>;
  /** Called with an error of a session that has not ended. */
  readonly onFailed: (error: unknown) => void;
  /** Called after each task: the fetch position may have changed. */
  readonly onIdle: () => void;
}

interface Task {
  readonly session: ChainSession;
  /** Where to fetch ahead meanwhile; `undefined` while nothing more may be fetched. */
  readEnd: LogPosition | undefined;
}

/** Records that were fetched while those before them were being read. */
interface Prefetched {
  readonly from: FetchPosition;
  readonly fetched: FetchedLog;
  /** Resolves the promise of {@link ReadAhead.read}. */
  readonly done: (reading: Promise<void>) => void;
}

/**
 * Reads the log of one partition, one fetch after the other. It holds one more fetch ahead, so that reading does not wait for
 * the broker.
 */
export class ReadAhead {
  readonly #options: ReadAheadOptions;
  #task: Task | undefined;
  #prefetched: Prefetched | undefined;

  constructor(options: ReadAheadOptions) {
    this.#options = options;
  }

  /** Where to fetch from; `undefined` while nothing more may be fetched. */
  get fetchPosition(): FetchPosition | undefined {
    const { session } = this.#options.writer;
    const position = this.#task === undefined ? session.position : this.#task.readEnd;
    const isOfSession = this.#task === undefined || this.#task.session === session;
    return position === undefined || !isOfSession ? undefined : { ...position, session };
  }

  /** Reads fetched records, after those fetched before them. Never rejects. */
  read(from: FetchPosition, fetched: FetchedLog): Promise<void> {
    if (!this.#isFetchPosition(from)) return Promise.resolve();
    if (this.#task !== undefined) return this.#prefetch(this.#task, from, fetched);
    return this.#run({ session: from.session, readEnd: endOfBatches(fetched.log) }, () =>
      this.#options.read(from.session, fetched),
    );
  }

  /**
   * Handles a fetch that returned an error instead of records. Skips it for a prefetch: its offset may never become the read
   * position; if it does, the next fetch returns the error again. Never rejects.
   */
  handle(from: FetchPosition, handling: () => Promise<void>): Promise<void> {
    if (!this.#isFetchPosition(from)) return Promise.resolve();
    if (this.#task === undefined) return this.#run({ session: from.session, readEnd: undefined }, handling);
    this.#task.readEnd = undefined;
    return Promise.resolve();
  }

  #isFetchPosition({ session, offset }: FetchPosition): boolean {
    const position = this.fetchPosition;
    return position?.session === session && position.offset === offset;
  }

  #prefetch(task: Task, from: FetchPosition, fetched: FetchedLog): Promise<void> {
    task.readEnd = undefined;
    return new Promise((done) => {
      this.#prefetched = { from, fetched, done };
    });
  }

  async #run(task: Task, work: () => Promise<void>): Promise<void> {
    this.#task = task;
    try {
      await work();
    } catch (error) {
      // An error of an ended session does not count: if it persists, the new session meets it.
      if (!task.session.signal.aborted) this.#options.onFailed(error);
    } finally {
      this.#task = undefined;
      const next = this.#prefetched;
      this.#prefetched = undefined;
      next?.done(this.read(next.from, next.fetched));
      this.#options.onIdle();
    }
  }
}
