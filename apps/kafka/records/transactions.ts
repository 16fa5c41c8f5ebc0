import type { Batch } from './batches.ts';

export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: number;
}

/**
 * Tells which batches of one fetched stretch belong to aborted transactions: those of the producer from the
 * transaction's first offset up to its abort marker.
 */
export class AbortedTransactions {
  readonly #ahead: AbortedTransaction[];
  readonly #open = new Set<bigint>();

  constructor(aborted: readonly AbortedTransaction[]) {
    this.#ahead = aborted.toSorted((a, b) => a.firstOffset - b.firstOffset);
  }

  /** Must see every batch, in the order of the log. */
  includes(batch: Batch): boolean {
    for (let next = this.#ahead[0]; next !== undefined && next.firstOffset < batch.nextOffset;) {
      this.#open.add(next.producerId);
      this.#ahead.shift();
      next = this.#ahead[0];
    }
    if (!batch.isTransactional || !this.#open.has(batch.producerId)) return false;
    // A producer has one transaction at a time, so its first marker ends the aborted one.
    if (batch.isControl) this.#open.delete(batch.producerId);
    return true;
  }
}
