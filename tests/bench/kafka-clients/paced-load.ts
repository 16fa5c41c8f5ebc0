import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Sender } from './client.ts';
import { AckGaps } from './ack-gaps.ts';
import { partitions, valueBytes } from './produce.ts';

export type Outcome = 'unanswered' | 'acknowledged' | 'rejected';

const recordsPerSecond = 6_000;
const tickMs = 10;
/** After a pause of the process more are due at once than a batch may hold. */
const maxRecordsPerSend = 500;
/** An application would refuse events beyond this; it is more than the longest outage expected here. */
const maxWaiting = 150_000;

/** Sends numbered records at a steady rate, each tick's to one partition, and notes what became of each. */
export class PacedLoad {
  /** By record number. */
  readonly outcomes: Outcome[] = [];
  firstError: string | undefined;
  gaps = new AckGaps();
  readonly #sender: Sender;
  readonly #padding = randomBytes(valueBytes - 4);
  readonly #inFlight = new Set<Promise<void>>();
  #waiting = 0;
  #ticks = 0;

  constructor(sender: Sender) {
    this.#sender = sender;
  }

  async run(durationMs: number): Promise<void> {
    const start = performance.now();
    let due = 0;
    for (let elapsed = 0; elapsed < durationMs; elapsed = performance.now() - start) {
      const target = Math.floor((elapsed / 1_000) * recordsPerSecond);
      for (; due < target && this.#waiting < maxWaiting; due += maxRecordsPerSend) {
        this.#send(Math.min(target - due, maxRecordsPerSend));
      }
      due = target;
      await delay(tickMs);
    }
  }

  /** Waits for the sends that are still unanswered, but not forever. */
  async settle(timeoutMs: number): Promise<void> {
    await Promise.race([Promise.all(this.#inFlight), delay(timeoutMs)]);
  }

  #send(count: number): void {
    const partition = this.#ticks++ % partitions;
    const first = this.outcomes.length;
    const values = Array.from({ length: count }, (_, index) => numberedValue(first + index, this.#padding));
    for (let index = 0; index < count; index += 1) this.outcomes.push('unanswered');
    this.#waiting += count;
    const finish = (outcome: Outcome) => {
      this.#waiting -= count;
      this.outcomes.fill(outcome, first, first + count);
    };
    const sending = this.#sender.send(partition, values).then(
      () => {
        finish('acknowledged');
        this.gaps.acknowledge(partition);
      },
      (error: unknown) => {
        finish('rejected');
        this.firstError ??= String(error);
      },
    );
    this.#inFlight.add(sending);
    void sending.then(() => this.#inFlight.delete(sending));
  }
}

function numberedValue(number: number, padding: Buffer): Buffer {
  const value = Buffer.allocUnsafe(valueBytes);
  value.writeUInt32BE(number, 0);
  padding.copy(value, 4);
  return value;
}

/** The number that a value of the load begins with. */
export function numberOf(value: Buffer): number {
  return value.readUInt32BE(0);
}
