import type { UnstoredRecord } from '../chain/chain-writer.ts';

/** What a partition says of its chain. */
export interface Stored {
  /** Up to where records are stored, as far as is known. */
  readonly storedEnd: number | undefined;
  readonly unstored: UnstoredRecord | undefined;
  readonly storedTimestamp: number | undefined;
}

const NOTHING_KNOWN: Stored = { storedEnd: undefined, unstored: undefined, storedTimestamp: undefined };

/**
 * How far the chain of one partition is behind its log, in records and in time. Both grow too while nothing is read: the
 * log's end and the time of the first record that is not stored are asked for apart from fetching. Times are
 * milliseconds since the epoch, as in records.
 */
export class Lag {
  readonly #assignedAt: number;
  #logEnd: number | undefined;
  /** When the leader last said that the log holds nothing which is not stored. */
  #storedAllAt: number | undefined;
  /** The time of the first record from `from` on, which was not read. */
  #asked: { readonly from: number; readonly record: UnstoredRecord } | undefined;

  constructor(assignedAt: number) {
    this.#assignedAt = assignedAt;
  }

  logEnds(logEnd: number, now: number, { storedEnd }: Stored = NOTHING_KNOWN): void {
    this.#logEnd = logEnd;
    if (storedEnd !== undefined && logEnd <= storedEnd) this.#storedAllAt = now;
  }

  /** Where the first record that is not stored would have to be looked for, since it was not read. */
  unknown({ storedEnd, unstored }: Stored): number | undefined {
    const isBehind = storedEnd !== undefined && this.#logEnd !== undefined && storedEnd < this.#logEnd;
    return isBehind && unstored === undefined && this.#asked?.from !== storedEnd ? storedEnd : undefined;
  }

  found(from: number, timestamp: number, now: number): void {
    this.#asked = { from, record: { timestamp, readAt: now } };
  }

  /** Offsets of the log that are not stored; `undefined` until both ends are known. */
  records({ storedEnd }: Stored = NOTHING_KNOWN): number | undefined {
    if (this.#logEnd === undefined || storedEnd === undefined) return undefined;
    return Math.max(0, this.#logEnd - storedEnd);
  }

  /**
   * The age of the first record that is not stored. While none is known it is the time since there was none for certain:
   * since the leader said so, since the last stored record, or since the partition was assigned.
   */
  oldestMs(now: number, stored: Stored = NOTHING_KNOWN): number {
    return Math.max(0, now - this.#since(stored));
  }

  #since({ storedEnd, unstored, storedTimestamp }: Stored): number {
    const asked = this.#asked?.from === storedEnd ? this.#asked?.record : undefined;
    const record = unstored ?? asked;
    // A clock that is ahead does not hide a record which was seen.
    if (record !== undefined)
      return record.timestamp < 0 ? record.readAt : Math.min(record.timestamp, record.readAt);
    return Math.max(this.#storedAllAt ?? 0, storedTimestamp ?? 0) || this.#assignedAt;
  }
}
