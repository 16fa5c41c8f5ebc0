import type { UnstoredRecord } from '../chain/chain-writer.ts';

/** The state of a chain. */
export interface Stored {
  /** End of the chain; `undefined` until it is known. */
  readonly storedEnd: number | undefined;
  readonly unstored: UnstoredRecord | undefined;
  readonly storedTimestamp: number | undefined;
}

const NOTHING_KNOWN: Stored = { storedEnd: undefined, unstored: undefined, storedTimestamp: undefined };

/**
 * How far the chain of one partition is behind its log, in records and in time. Both grow even while nothing is fetched: other
 * requests ask for the log's end and for the time of the first unstored record. Times are milliseconds since the epoch.
 */
export class Lag {
  readonly #assignedAt: number;
  #logEnd: number | undefined;
  /** When the leader last reported that every record of the log is stored. */
  #storedAllAt: number | undefined;
  /** The first record from `from` on, which was not fetched. */
  #asked: { readonly from: number; readonly record: UnstoredRecord } | undefined;

  constructor(assignedAt: number) {
    this.#assignedAt = assignedAt;
  }

  logEnds(logEnd: number, now: number, { storedEnd }: Stored = NOTHING_KNOWN): void {
    this.#logEnd = logEnd;
    if (storedEnd !== undefined && logEnd <= storedEnd) this.#storedAllAt = now;
  }

  /** Offset from which to look up the first unstored record; `undefined` if that is not needed. */
  unknown({ storedEnd, unstored }: Stored): number | undefined {
    const isBehind = storedEnd !== undefined && this.#logEnd !== undefined && storedEnd < this.#logEnd;
    return isBehind && unstored === undefined && this.#asked?.from !== storedEnd ? storedEnd : undefined;
  }

  found(from: number, timestamp: number, now: number): void {
    this.#asked = { from, record: { timestamp, readAt: now } };
  }

  /** Number of offsets of the log that are not stored; `undefined` until both ends are known. */
  records({ storedEnd }: Stored = NOTHING_KNOWN): number | undefined {
    if (this.#logEnd === undefined || storedEnd === undefined) return undefined;
    return Math.max(0, this.#logEnd - storedEnd);
  }

  /**
   * Age of the first unstored record. If none is known: time since every record was stored for certain, by the leader's
   * report, the last stored record, or the assignment of the partition.
   */
  oldestMs(now: number, stored: Stored = NOTHING_KNOWN): number {
    return Math.max(0, now - this.#since(stored));
  }

  #since({ storedEnd, unstored, storedTimestamp }: Stored): number {
    const asked = this.#asked?.from === storedEnd ? this.#asked?.record : undefined;
    const record = unstored ?? asked;
    // A producer's clock that is ahead must not hide a record that was read.
    if (record !== undefined)
      return record.timestamp < 0 ? record.readAt : Math.min(record.timestamp, record.readAt);
    return Math.max(this.#storedAllAt ?? 0, storedTimestamp ?? 0) || this.#assignedAt;
  }
}
