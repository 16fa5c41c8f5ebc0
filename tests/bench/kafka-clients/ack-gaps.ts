import { partitions } from './produce.ts';

/** The longest times without an acknowledgement since it was made, for all partitions together and for each. */
export class AckGaps {
  readonly #all = new Gap();
  readonly #byPartition = Array.from({ length: partitions }, () => new Gap());

  acknowledge(partition: number): void {
    this.#all.end();
    this.#byPartition[partition]?.end();
  }

  /** Gaps still open count up to now. */
  longest(): { longestGapMs: number; longestPartitionGapMs: number } {
    return {
      longestGapMs: this.#all.longest(),
      longestPartitionGapMs: Math.max(...this.#byPartition.map((gap) => gap.longest())),
    };
  }
}

class Gap {
  #since = performance.now();
  #longest = 0;

  end(): void {
    this.#longest = this.longest();
    this.#since = performance.now();
  }

  longest(): number {
    return Math.max(this.#longest, performance.now() - this.#since);
  }
}
