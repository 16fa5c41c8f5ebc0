import { hash } from 'node:crypto';

const WORDS = 3;

/**
 * A set of strings that stores 96 bits of each member's SHA-256: 16 to 32 bytes per member. The chance of a false match
 * among a hundred million members is below one in 10^12.
 */
export class CompactSet {
  #slots = new Uint32Array(1024 * WORDS);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** @returns whether it was new. */
  add(member: string): boolean {
    const digest = hash('sha256', member, 'buffer');
    // A slot of zeros is empty, so the last bit of each member is set.
    const added = this.#insert(
      digest.readUInt32LE(0),
      digest.readUInt32LE(4),
      (digest.readUInt32LE(8) | 1) >>> 0,
    );
    if (added) {
      this.#size += 1;
      if (this.#size * WORDS > this.#slots.length * 0.75) this.#grow();
    }
    return added;
  }

  #insert(a: number, b: number, c: number): boolean {
    const slots = this.#slots;
    const capacity = slots.length / WORDS;
    for (let slot = a % capacity; ; slot = (slot + 1) % capacity) {
      const at = slot * WORDS;
      if (slots[at + 2] === 0) {
        slots[at] = a;
        slots[at + 1] = b;
        slots[at + 2] = c;
        return true;
      }
      if (slots[at] === a && slots[at + 1] === b && slots[at + 2] === c) return false;
    }
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Uint32Array(old.length * 2);
    for (let at = 0; at < old.length; at += WORDS) {
      const [a = 0, b = 0, c = 0] = old.subarray(at, at + WORDS);
      if (c !== 0) this.#insert(a, b, c);
    }
  }
}
