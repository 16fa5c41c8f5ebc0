import { NotSentError } from '../../kafka/connections/broker-connection.ts';
import { errorName, kafkaFailure } from '../../kafka/errors.ts';
import { produce, type ProduceResponse } from '../../kafka/messages/produce.ts';
import { classify, type ProduceErrorClass } from '../../kafka/produce-errors.ts';
import { encodeBatch, sequenceAfter, type ProducerId } from '../../kafka/records/encode-batch.ts';
import { countRecords } from '../../kafka/records/record-run.ts';
import { Backoff } from '../../service/backoff.ts';
import type { Log } from '../../service/log.ts';
import type { BufferPool } from '../../service/memory/buffer-pool.ts';
import type { DeliveryMetrics } from '../metrics.ts';
import type { Cluster } from './cluster.ts';
import { divide, Queue, type Slice } from './queue.ts';
import { DeliveryError, type Failure } from './record-log.ts';

/**
 * Response timeout of the first attempt. It doubles after each attempt without a response: a slow network gets more
 * time, and a broker that hangs is detected soon.
 */
const ATTEMPT_TIMEOUT_MS = 3_000;
/** Share of the timeout that the broker may wait for its replicas, so that it responds before we give up. */
const BROKER_TIMEOUT_SHARE = 0.8;
const FIRST_BACKOFF_MS = 50;
const MAX_BACKOFF_MS = 500;

interface Stored {
  readonly outcome: 'stored';
  /** -1 if the broker does not know it any more. */
  readonly baseOffset: bigint;
  /** -1 if the topic uses the timestamps of the records. */
  readonly logAppendTimeMs: bigint;
}

interface Failed extends ProduceErrorClass {
  /** `no_producer_id`, `no_connection`, `no_answer`, `topic_changed` or the name of the broker's error. */
  readonly error: string;
}

interface Batch {
  readonly slices: readonly Slice[];
  readonly deadline: number;
  /** Every attempt sends the same bytes. */
  encoded?: Buffer;
  /** The buffer of `encoded`, if it came from the pool. */
  buffer?: Buffer;
  timeoutMs: number;
  /** Whether an earlier attempt may have stored the batch. */
  perhapsStored: boolean;
}

export interface PartitionProducerOptions {
  readonly cluster: Cluster;
  readonly topic: string;
  readonly partition: number;
  /** Pool of the buffers into which batches are encoded. */
  readonly pool: BufferPool;
  readonly metrics: DeliveryMetrics;
  readonly log: Log;
  /** Time after which no attempt starts; `Infinity` until shutdown. */
  readonly cutoff: () => number;
}

/**
 * Delivers batches to one partition, one at a time, with its own producer id.
 *
 * An attempt without a clear result is repeated until the deadline as the same batch (producer id, epoch, sequence),
 * which the log stores once. Each retry waits for metadata first: a topic that was created again would store the batch
 * a second time. A batch whose outcome stays unknown is not sent again. The next batch gets a new producer id, since
 * the state of the old sequence is unknown.
 */
export class PartitionProducer {
  readonly partition: number;
  /** Records whose key maps to this partition. */
  readonly keyed = new Queue();
  readonly #options: PartitionProducerOptions;
  #busy = false;
  #retired = false;
  #producer: ProducerId | undefined;
  /** Only one request at a time: a second would restart the sequence of the first. */
  #obtaining: Promise<void> | undefined;
  #sequence = 0;
  #endWaiting: (() => void) | undefined;

  constructor(options: PartitionProducerOptions) {
    this.#options = options;
    this.partition = options.partition;
  }

  get busy(): boolean {
    return this.#busy;
  }

  /** Settles every record. Never rejects. Must not be called while busy. */
  async deliver(slices: readonly Slice[]): Promise<void> {
    this.#busy = true;
    this.#options.metrics.batchRecords.observe(countRecords(slices));
    try {
      await this.#settle(slices);
    } finally {
      this.#busy = false;
    }
  }

  /** Ends the wait between two attempts. */
  hurry(): void {
    this.#endWaiting?.();
  }

  /** Stops all attempts: the topic was created again, and batches of the old topic must not reach the new one. */
  retire(): void {
    this.#retired = true;
    this.hurry();
  }

  async #settle(slices: readonly Slice[]): Promise<void> {
    const records = countRecords(slices);
    const deadline = slices[0]?.pending.deadline ?? 0;
    const batch: Batch = { slices, deadline, timeoutMs: ATTEMPT_TIMEOUT_MS, perhapsStored: false };
    const backoff = new Backoff(FIRST_BACKOFF_MS, MAX_BACKOFF_MS);
    for (;;) {
      const result = await this.#attempt(batch);
      this.#options.metrics.attempts.inc({ result: result.outcome === 'stored' ? 'stored' : result.error });
      if (result.outcome === 'stored') {
        this.#sequence = sequenceAfter(this.#sequence, records);
        this.#resolve(slices, result);
        this.#letGo(batch);
        return;
      }
      batch.perhapsStored ||= result.outcome === 'unknown';
      if (result.next === 'split' && records > 1 && !batch.perhapsStored) {
        this.#letGo(batch);
        for (const half of divide(slices, Math.ceil(records / 2))) await this.#settle(half);
        return;
      }
      const backoffMs = backoff.nextMs();
      const again = performance.now() + backoffMs;
      if (result.next !== 'retry' || again >= Math.min(deadline, this.#options.cutoff())) {
        this.#letGo(batch);
        this.#reject(batch, result);
        return;
      }
      if (result.error === 'no_answer') batch.timeoutMs *= 2;
      await this.#waitFor(new Promise((resolve) => setTimeout(resolve, backoffMs)), deadline);
      await this.#waitFor(this.#options.cluster.look(), deadline);
    }
  }

  /** After an attempt without a response, the client may still hold the buffer in a request. */
  #letGo({ buffer, perhapsStored }: Batch): void {
    if (buffer === undefined) return;
    if (perhapsStored) this.#options.pool.forget(buffer);
    else this.#options.pool.give(buffer);
  }

  async #attempt(batch: Batch): Promise<Stored | Failed> {
    if (this.#retired) return failed('stop', 'topic_changed', 'the topic was deleted and made again');
    try {
      const producer = await this.#requireProducer(batch.deadline);
      batch.encoded ??= encodeBatch(batch.slices, producer, this.#sequence, (bytes) => {
        const { pool } = this.#options;
        // The pool's buffers would be too small for this batch, or mostly empty.
        if (bytes > pool.smallestBytes || 2 * bytes < pool.smallestBytes) return Buffer.allocUnsafe(bytes);
        batch.buffer = pool.take(bytes);
        return batch.buffer;
      });
      const result = await this.#send(batch.encoded, batch);
      // If no earlier attempt can have stored it, the duplicate is another batch.
      if (
        result.outcome === 'stored' ||
        result.error !== 'DUPLICATE_SEQUENCE_NUMBER' ||
        !batch.perhapsStored
      ) {
        return result;
      }
      return { outcome: 'stored', baseOffset: -1n, logAppendTimeMs: -1n };
    } catch (error) {
      return failed(
        'retry',
        this.#producer ? 'no_connection' : 'no_producer_id',
        kafkaFailure(error).message,
      );
    }
  }

  /** @throws if none arrives in time; it is then used for the next batch */
  async #requireProducer(deadline: number): Promise<ProducerId> {
    if (this.#producer === undefined) {
      this.#obtaining ??= this.#newProducer().finally(() => (this.#obtaining = undefined));
      await this.#waitFor(this.#obtaining, deadline);
    }
    if (this.#producer === undefined) throw new NotSentError('no producer id arrived in time');
    return this.#producer;
  }

  async #newProducer(): Promise<void> {
    this.#producer = await this.#options.cluster.newProducerId();
    this.#sequence = 0;
    this.#options.metrics.producerIds.inc();
  }

  /** @throws {NotSentError} if the batch was not sent */
  async #send(records: Buffer, { timeoutMs, deadline }: Batch): Promise<Stored | Failed> {
    const { cluster, topic, cutoff } = this.#options;
    const { partition } = this;
    const connection = cluster.leaderConnection(partition);
    if (connection === undefined) throw new NotSentError(`partition ${partition} has no leader`);
    await this.#waitFor(connection.open(), deadline);
    const over = this.#retired || performance.now() >= Math.min(deadline, cutoff());
    if (!connection.isOpen || over) throw new NotSentError('the deadline passed before the batch was sent');
    const request = { topic, partition, records, timeoutMs: Math.round(timeoutMs * BROKER_TIMEOUT_SHARE) };
    try {
      return this.#read(await connection.request(produce, [request], timeoutMs, deadline));
    } catch (error) {
      if (error instanceof NotSentError) throw error;
      return { outcome: 'unknown', next: 'retry', error: 'no_answer', why: kafkaFailure(error).message };
    }
  }

  #read({ responses }: ProduceResponse): Stored | Failed {
    const response = responses[0]?.partitionResponses[0];
    if (response === undefined) {
      return {
        outcome: 'unknown',
        next: 'retry',
        error: 'no_answer',
        why: 'a response without the partition',
      };
    }
    const { errorCode, baseOffset, logAppendTimeMs, errorMessage } = response;
    if (errorCode === 0) return { outcome: 'stored', baseOffset, logAppendTimeMs };
    const errorClass = classify(errorCode, baseOffset);
    const error = errorName(errorCode);
    return { ...errorClass, error, why: `${error}: ${errorMessage ?? errorClass.why}` };
  }

  #resolve(slices: readonly Slice[], { baseOffset, logAppendTimeMs }: Stored): void {
    const { partition } = this;
    let offset = Number(baseOffset);
    const known = offset >= 0;
    const brokerTime = Number(logAppendTimeMs);
    for (const slice of slices) {
      const timestamp = brokerTime < 0 ? slice.pending.timestamp : brokerTime;
      slice.pending.settle(slice, { partition, offset: known ? offset : null, timestamp });
      offset += slice.to - slice.from;
    }
  }

  #reject({ slices, perhapsStored }: Batch, { error, why, next }: Failed): void {
    let failure: Failure = 'not-stored';
    if (perhapsStored) failure = 'unknown';
    else if (error === 'INVALID_RECORD') failure = 'invalid-record';
    else if (next === 'split' && error !== 'INVALID_TIMESTAMP') failure = 'too-large';
    // After a rejected batch its sequence numbers are still free. Use a new producer id all the same: if the rejection
    // were misclassified, the broker would take the next batch for a duplicate and acknowledge it without storing it.
    if (next !== 'split' || perhapsStored) this.#producer = undefined;
    // Clients can cause these errors at will, so they must not fill the log.
    const level = failure === 'not-stored' || failure === 'unknown' ? 'warn' : 'debug';
    const { partition } = this;
    this.#options.log[level](
      { partition, records: countRecords(slices), failure, error, why },
      'batch not acknowledged',
    );
    for (const slice of slices) slice.pending.settle(slice, new DeliveryError(failure, why));
  }

  /** Waits for the event until the deadline or {@link hurry}. @throws if the event rejects */
  async #waitFor(event: Promise<unknown>, deadline: number): Promise<void> {
    const ended = Promise.withResolvers<undefined>();
    this.#endWaiting = () => ended.resolve(undefined);
    const now = performance.now();
    const over = this.#retired || this.#options.cutoff() <= now;
    const timer = setTimeout(this.#endWaiting, over ? 0 : Math.max(0, deadline - now));
    try {
      await Promise.race([event, ended.promise]);
    } finally {
      clearTimeout(timer);
      this.#endWaiting = undefined;
    }
  }
}

function failed(next: Failed['next'], error: string, why: string): Failed {
  return { outcome: 'not-stored', next, error, why };
}
