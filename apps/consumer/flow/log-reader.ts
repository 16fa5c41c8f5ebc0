import type { ChainSession } from '../chain/chain-session.ts';
import { openBatch, readBatches, type Batch } from '../../kafka/records/batches.ts';
import { AbortedTransactions, type AbortedTransaction } from '../../kafka/records/transactions.ts';
import type { ContentMemory } from '../object/content.ts';
import { MemoryShare } from '../../service/memory/memory-account.ts';

/** A part of a partition's log, as fetched. */
export interface FetchedLog {
  readonly log: Buffer;
  readonly aborted: readonly AbortedTransaction[];
}

export interface LogReaderOptions {
  readonly memory: ContentMemory;
  /** Largest size of a record, and of the window of a compressed batch. */
  readonly maxRecordBytes: number;
}

/** Appends fetched records to a chain; leaves out those of aborted transactions. */
export class LogReader {
  readonly #options: LogReaderOptions;

  constructor(options: LogReaderOptions) {
    this.#options = options;
  }

  /**
   * Rejects if the session ends.
   *
   * @throws {UnreadableBatchError} for the batch at the session's position; the records before it have been appended
   */
  async read(session: ChainSession, { log, aborted }: FetchedLog): Promise<void> {
    const transactions = new AbortedTransactions(aborted);
    for (const batch of readBatches(log)) {
      const holdsNothing = transactions.includes(batch) || batch.isControl;
      if (batch.nextOffset <= session.position.offset) continue;
      if (!holdsNothing) await this.#readBatch(session, batch);
      await session.pass(batch.nextOffset, batch.leaderEpoch);
    }
  }

  async #readBatch(session: ChainSession, batch: Batch): Promise<void> {
    const { memory, maxRecordBytes } = this.#options;
    const { pool, buffers } = memory;
    const opened = new MemoryShare(pool);
    await pool.room(batch.payload.length, session.signal);
    session.signal.throwIfAborted();
    const records = openBatch(batch, { maxRecordBytes, buffers });
    try {
      opened.set(records.memoryBytes);
      while (records.left > 0) {
        const filling = records.fill();
        if (filling !== undefined) {
          await filling;
          opened.set(records.memoryBytes);
        }
        const behind = session.append(records, batch.leaderEpoch);
        if (behind !== undefined) await behind;
      }
      await records.end();
    } finally {
      records.close();
      opened.set(0);
    }
  }
}
