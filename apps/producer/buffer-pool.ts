/**
 * Buffers of one size that are used again instead of left to the garbage collector: what is outside of V8's heap makes it
 * mark all of the heap every 64 MiB, which is most of what the collector costs an upload.
 *
 * Who gives one back must be its only user.
 */
export class BufferPool {
  readonly #size: number;
  readonly #maxFree: number;
  readonly #free: Buffer[] = [];

  constructor(size: number, maxFree: number) {
    this.#size = size;
    this.#maxFree = maxFree;
  }

  /** At least so large. Where it would waste more than half of itself it is none of the pool. */
  take(bytes: number): Buffer {
    if (bytes > this.#size || 2 * bytes < this.#size) return Buffer.allocUnsafe(bytes);
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(this.#size);
  }

  /** Takes back what came from here, and leaves the rest to the garbage collector. */
  give(buffer: Buffer): void {
    if (buffer.length === this.#size && this.#free.length < this.#maxFree) this.#free.push(buffer);
  }
}
