import type { DeliveryError, EventRecord, StoredRecord } from './record-log.ts';

/** A record on its way, with the promise of its request. Times are of `performance.now()`. */
export interface Pending {
  readonly record: EventRecord;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly bytes: number;
  readonly arrival: number;
  readonly deadline: number;
  readonly resolve: (stored: StoredRecord) => void;
  readonly reject: (error: DeliveryError) => void;
}

/** Records in order of arrival. */
export class Queue {
  #items: Pending[] = [];
  #head = 0;
  #bytes = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get first(): Pending | undefined {
    return this.#items[this.#head];
  }

  push(pending: Pending): void {
    this.#items.push(pending);
    this.#bytes += pending.bytes;
  }

  shift(): Pending | undefined {
    const pending = this.#items[this.#head];
    if (pending === undefined) return undefined;
    this.#head++;
    this.#bytes -= pending.bytes;
    if (this.#head === this.#items.length || this.#head > 4_096) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return pending;
  }
}
