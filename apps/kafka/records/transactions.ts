import type { Batch } from './batches.ts';

export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: number;
}

/**
 * Finds the batches of aborted transactions in a fetched part of the log: those of the producer from the first offset
 * of the transaction to its abort marker.
 */
export class AbortedTransactions {
  readonly #ahead: AbortedTransaction[];
  readonly #open = new Set<bigint>();

  constructor(aborted: readonly AbortedTransaction[]) {
    this.#ahead = aborted.toSorted((a, b) => a.firstOffset - b.firstOffset);
  }

  /** Must be called for every batch, in the order of the log. */
  includes(batch: Batch): boolean {
    for (let next = this.#ahead[0]; next !== undefined && next.firstOffset < batch.nextOffset;) {
      this.#open.add(next.producerId);
      this.#ahead.shift();
      next = this.#ahead[0];
    }
    if (!batch.isTransactional || !this.#open.has(batch.producerId)) return false;
    // A producer has one open transaction at a time, so its next marker ends the aborted one.
    if (batch.isControl) this.#open.delete(batch.producerId);
    return true;
  }
}
