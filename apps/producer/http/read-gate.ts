import type { Socket } from 'node:net';
import type { MemoryAccount } from '../../service/memory/memory-account.ts';

/** At most what a paused socket keeps: what was put back, and what is read behind it. */
const HELD_BYTES = 131_072;

/** Has what comes wait in the socket, which then reads no further than its buffer. */
export class ReadGate {
  readonly #socket: Socket;
  readonly #budget: MemoryAccount;
  readonly #mayRead: () => boolean;
  #closed = false;
  #resuming = false;
  #takenBytes = 0;

  constructor(socket: Socket, budget: MemoryAccount, mayRead: () => boolean) {
    this.#socket = socket;
    this.#budget = budget;
    this.#mayRead = mayRead;
  }

  /**
   * Has a chunk wait.
   *
   * @param counted whether it counts against the budget
   * @returns false where the budget has no room for what waits
   */
  hold(chunk: Buffer, counted: boolean): boolean {
    if (counted && this.#takenBytes === 0) {
      if (!this.#budget.take(HELD_BYTES)) return false;
      this.#takenBytes = HELD_BYTES;
    }
    this.close();
    this.#socket.unshift(chunk);
    return true;
  }

  close(): void {
    this.#closed = true;
    this.#socket.pause();
  }

  /** Reads on at once. */
  open(): void {
    if (!this.#closed) return;
    this.#closed = false;
    this.giveBack();
    this.#socket.resume();
  }

  /** Reads on where that is allowed, after others have had their turn. */
  readonly openSoon = (): void => {
    if (!this.#closed || this.#resuming || !this.#mayRead()) return;
    this.#resuming = true;
    setImmediate(() => {
      this.#resuming = false;
      this.open();
    });
  };

  /** Nothing waits any more. */
  giveBack(): void {
    this.#budget.give(this.#takenBytes);
    this.#takenBytes = 0;
  }
}
