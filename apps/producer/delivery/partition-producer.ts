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
 * How long the first attempt waits for its answer; twice as long after each that got none, so that a slow network
 * gets the time it needs and a broker that hangs is noticed soon.
 */
const ATTEMPT_TIMEOUT_MS = 3_000;
/** The broker gives up waiting for its replicas a little before we give up waiting for the broker. */
const BROKER_TIMEOUT_SHARE = 0.8;
const FIRST_BACKOFF_MS = 50;
const MAX_BACKOFF_MS = 500;

interface Stored {
  readonly outcome: 'stored';
  /** -1 where the broker no longer knows it. */
  readonly baseOffset: bigint;
  /** -1 where the topic keeps the time of the record. */
  readonly logAppendTimeMs: bigint;
}

interface Failed extends ProduceErrorClass {
  /** `no_producer_id`, `no_connection`, `no_answer`, `topic_changed` or the broker's error. */
  readonly error: string;
}

interface Batch {
  readonly slices: readonly Slice[];
  readonly deadline: number;
  /** Once encoded it stays so: every attempt sends the same bytes. */
  encoded?: Buffer;
  /** The pool's, where it is encoded into one of that. */
  buffer?: Buffer;
  timeoutMs: number;
  /** An attempt may have reached the log. */
  perhapsStored: boolean;
}

export interface PartitionProducerOptions {
  readonly cluster: Cluster;
  readonly topic: string;
  readonly partition: number;
  /** Of the buffers that batches are encoded into. */
  readonly pool: BufferPool;
  readonly metrics: DeliveryMetrics;
  readonly log: Log;
  /** The time after which no attempt begins; `Infinity` until the end is near. */
  readonly cutoff: () => number;
}

/**
 * Delivers batches to one partition, one at a time, with a producer id of its own.
 *
 * An attempt without a clear answer is repeated as the very same batch (producer id, epoch, sequence), which the
 * log takes once, until the deadline; but not before metadata has said that it is still the same topic, since a log
 * that begins anew would take it again. A batch whose outcome stays unknown is never sent again: the records after
 * it get a new producer id, since its sequence numbers may be taken or not.
 */
export class PartitionProducer {
  readonly partition: number;
  /** Records whose key leads to this partition. */
  readonly keyed = new Queue();
  readonly #options: PartitionProducerOptions;
  #busy = false;
  #retired = false;
  #producer: ProducerId | undefined;
  /** One at a time: a second would begin the sequence anew under the first. */
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

  /** Settles every record; never rejects. Only while not busy. */
  async deliver(slices: readonly Slice[]): Promise<void> {
    this.#busy = true;
    this.#options.metrics.batchRecords.observe(countRecords(slices));
    try {
      await this.#settle(slices);
    } finally {
      this.#busy = false;
    }
  }

  /** Ends any waiting between two attempts. */
  hurry(): void {
    this.#endWaiting?.();
  }

  /** The topic was made again: what is under way here belongs to the old one and is not sent to the new. */
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

  /** Where an attempt had no answer the client may still have its request in hand. */
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
        // Another buffer than that of a full batch would be too small, or mostly empty.
        if (bytes > pool.smallestBytes || 2 * bytes < pool.smallestBytes) return Buffer.allocUnsafe(bytes);
        batch.buffer = pool.take(bytes);
        return batch.buffer;
      });
      const result = await this.#send(batch.encoded, batch);
      // Where no attempt before can have stored it, the duplicate is of another batch.
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

  /** @throws where there is none in time; it may still come, for the next batch */
  async #requireProducer(deadline: number): Promise<ProducerId> {
    if (this.#producer === undefined) {
      this.#obtaining ??= this.#newProducer().finally(() => (this.#obtaining = undefined));
      await this.#waitFor(this.#obtaining, deadline);
    }
    if (this.#producer === undefined) throw new NotSentError('no producer id came in time');
    return this.#producer;
  }

  async #newProducer(): Promise<void> {
    this.#producer = await this.#options.cluster.newProducerId();
    this.#sequence = 0;
    this.#options.metrics.producerIds.inc();
  }

  /** @throws where the batch was not sent */
  async #send(records: Buffer, { timeoutMs, deadline }: Batch): Promise<Stored | Failed> {
    const { cluster, topic, cutoff } = this.#options;
    const { partition } = this;
    const connection = cluster.leaderConnection(partition);
    if (connection === undefined) throw new NotSentError(`partition ${partition} has no leader`);
    await this.#waitFor(connection.open(), deadline);
    const over = this.#retired || performance.now() >= Math.min(deadline, cutoff());
    if (!connection.isOpen || over) throw new NotSentError('the time was up before the batch was sent');
    const request = { topic, partition, records, timeoutMs: Math.round(timeoutMs * BROKER_TIMEOUT_SHARE) };
    try {
      return this.#read(await connection.request(produce, [request], timeoutMs, deadline));
    } catch (error) {
      if (error instanceof NotSentError) throw error;
      return { outcome: 'unknown', next: 'retry', error: 'no_answer', why: kafkaFailure(error).message };
    }
  }

  #read({ responses }: ProduceResponse): Stored | Failed {
    const answer = responses[0]?.partitionResponses[0];
    if (answer === undefined) {
      return {
        outcome: 'unknown',
        next: 'retry',
        error: 'no_answer',
        why: 'an answer without the partition',
      };
    }
    const { errorCode, baseOffset, logAppendTimeMs, errorMessage } = answer;
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
    // After a refusal the sequence numbers are still free. They are given up with the id all the same: were the
    // refusal ever misjudged, the next batch would be taken for this one and acknowledged without being stored.
    if (next !== 'split' || perhapsStored) this.#producer = undefined;
    // What a client can do at will is no warning.
    const level = failure === 'not-stored' || failure === 'unknown' ? 'warn' : 'debug';
    const { partition } = this;
    this.#options.log[level](
      { partition, records: countRecords(slices), failure, error, why },
      'batch not acknowledged',
    );
    for (const slice of slices) slice.pending.settle(slice, new DeliveryError(failure, why));
  }

  /** Waits no longer than the deadline, nor when hurried. @throws what the event throws */
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
