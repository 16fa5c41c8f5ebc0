import type { ChainWriter } from './chain-writer.ts';
import { openBatch, readBatches, type Batch } from '../kafka/records/batches.ts';
import { AbortedTransactions, type AbortedTransaction } from '../kafka/records/transactions.ts';
import type { ContentMemory } from './content.ts';
import { MemoryShare } from './memory.ts';

/** A stretch of a partition's log as a fetch brings it. */
export interface FetchedLog {
  readonly log: Buffer;
  readonly aborted: readonly AbortedTransaction[];
}

export interface LogReaderOptions {
  readonly writer: ChainWriter;
  readonly memory: ContentMemory;
  /** What one record may take, or the window that its compression needs. */
  readonly maxRecordBytes: number;
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
    const { writer, memory, maxRecordBytes, signal } = this.#options;
    const { pool, buffers } = memory;
    const opened = new MemoryShare(pool);
    await pool.room(batch.payload.length, signal);
    const records = openBatch(batch, { maxRecordBytes, buffers });
    try {
      opened.set(records.memoryBytes);
      while (records.left > 0 && writer.rewinds === rewinds) {
        const filling = records.fill();
        if (filling !== undefined) {
          await filling;
          opened.set(records.memoryBytes);
        }
        const behind = writer.append(records, batch.leaderEpoch);
        if (behind !== undefined) await behind;
      }
      if (records.left === 0) await records.end();
    } finally {
      records.close();
      opened.set(0);
    }
  }
}
