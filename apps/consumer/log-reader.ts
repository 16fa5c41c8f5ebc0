import type { ChainWriter } from './chain-writer.ts';
import { openBatch, readBatches, type Batch } from './kafka/batches.ts';
import { AbortedTransactions, type AbortedTransaction } from './kafka/transactions.ts';
import { MemoryShare, type MemoryPool } from './memory.ts';

/** A stretch of a partition's log as a fetch brings it. */
export interface FetchedLog {
  readonly log: Buffer;
  readonly aborted: readonly AbortedTransaction[];
}

export interface LogReaderOptions {
  readonly writer: ChainWriter;
  /** Counts a batch while it is open. */
  readonly memory: MemoryPool;
  /** What one batch may take when decompressed. */
  readonly maxBatchBytes: number;
  readonly signal: AbortSignal;
}

/** Moves records from the log into a chain: those of committed transactions and of none. */
export class LogReader {
  readonly #options: LogReaderOptions;

  constructor(options: LogReaderOptions) {
    this.#options = options;
  }

  /**
   * Ends early where the chain's position jumps: then this is not what is wanted any more.
   *
   * @throws {UnreadableBatchError} of the batch at the chain's position; what stands before it has been taken
   */
  async read({ log, aborted }: FetchedLog): Promise<void> {
    const { writer } = this.#options;
    const { rewinds } = writer;
    const transactions = new AbortedTransactions(aborted);
    for (const batch of readBatches(log)) {
      const holdsNothing = transactions.includes(batch) || batch.isControl;
      if (batch.nextOffset <= writer.position.offset) continue;
      if (!holdsNothing) await this.#readBatch(batch, rewinds);
      if (writer.rewinds === rewinds) await writer.pass(batch.nextOffset, batch.leaderEpoch);
      if (writer.rewinds !== rewinds) return;
    }
  }

  async #readBatch(batch: Batch, rewinds: number): Promise<void> {
    const { writer, memory, maxBatchBytes, signal } = this.#options;
    const opened = new MemoryShare(memory);
    await memory.room(batch.payload.length, signal);
    try {
      opened.set(batch.payload.length);
      const records = await openBatch(batch, maxBatchBytes);
      opened.set(records.bytes);
      while (records.left > 0 && writer.rewinds === rewinds) {
        const behind = writer.append(records, batch.leaderEpoch);
        if (behind !== undefined) await behind;
      }
      if (records.left === 0) records.end();
    } finally {
      opened.set(0);
    }
  }
}
