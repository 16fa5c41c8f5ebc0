/** Seeded choices, the same on every machine (mulberry32). */
export class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** From 0 to below 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  often(): boolean {
    return this.next() < 0.9;
  }

  seldom(): boolean {
    return this.next() < 0.15;
  }

  rarely(): boolean {
    return this.next() < 0.03;
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)] as Item;
  }

  /** Any characters that a path or a message may have. */
  text(most: number): string {
    const characters = Array.from('ab/?#%.;=&-_~ "\'<>{}é💧\u0000\r\n');
    return Array.from({ length: this.below(most) }, () => this.pick(characters)).join('');
  }

  /** Any characters that Node lets into a header. */
  headerText(most: number): string {
    return Array.from({ length: this.below(most) }, () => String.fromCharCode(0x20 + this.below(0xdf)))
      .join('')
      .replaceAll('\u007f', '')
      .trim();
  }

  bytes(most: number): Buffer {
    return Buffer.from(Array.from({ length: this.below(most) }, () => this.below(256)));
  }

  /** JSON, NDJSON, either damaged, plain bytes, nothing, or too much. */
  body(): Buffer {
    const json = Buffer.from(JSON.stringify(this.#value(4)));
    switch (this.below(8)) {
      case 0:
        return this.mutate(json);
      case 1:
        return this.bytes(50);
      case 2:
        return Buffer.alloc(0);
      case 3:
        return Buffer.alloc(1_990 + this.below(20), 'x');
      case 4:
        return this.mutate(Buffer.concat([json, Buffer.from('\n'), json, Buffer.from('\r\n\n')]));
      default:
        return json;
    }
  }

  /** A few bytes flipped, cut, doubled or put in. */
  mutate(bytes: Buffer): Buffer {
    let mutated = Buffer.from(bytes);
    for (let times = 1 + this.below(4); times > 0 && mutated.length > 0; times--) {
      const at = this.below(mutated.length);
      const before = mutated.subarray(0, at);
      const after = mutated.subarray(at + 1);
      mutated = Buffer.concat(
        this.pick([
          [before, Buffer.from([this.below(256)]), after],
          [before, after],
          [before, mutated.subarray(at, at + 9), mutated.subarray(at)],
          [before, this.bytes(9), after],
          [before],
        ]),
      );
    }
    return mutated;
  }

  #value(depth: number): unknown {
    switch (this.below(depth > 0 ? 7 : 5)) {
      case 0:
        return null;
      case 1:
        return this.next() < 0.5;
      case 2:
        return (this.next() - 0.5) * 10 ** this.below(20);
      case 3:
        return this.text(20);
      case 4:
        return this.below(1_000);
      case 5:
        return Array.from({ length: this.below(4) }, () => this.#value(depth - 1));
      default:
        return Object.fromEntries(
          Array.from({ length: this.below(4) }, () => [
            this.pick(['a', '__proto__', 'constructor', this.text(5)]),
            this.#value(depth - 1),
          ]),
        );
    }
  }
}
