import type { Socket } from 'node:net';
import type { MemoryAccount } from '../../service/memory/memory-account.ts';

/** Most bytes that a paused socket holds: the chunk put back, and one read behind it. */
const HELD_BYTES = 131_072;

/** Pauses a socket, which then reads only until its buffer is full. */
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
   * Puts a chunk back and pauses the socket.
   *
   * @param counted whether the waiting bytes count against the budget
   * @returns false if the budget has no room for them
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

  /** Resumes the socket at once. */
  open(): void {
    if (!this.#closed) return;
    this.#closed = false;
    this.giveBack();
    this.#socket.resume();
  }

  /** Resumes the socket if reading is allowed, after the other connections had their time slice. */
  readonly openSoon = (): void => {
    if (!this.#closed || this.#resuming || !this.#mayRead()) return;
    this.#resuming = true;
    setImmediate(() => {
      this.#resuming = false;
      this.open();
    });
  };

  /** Returns the budget of the waiting bytes. */
  giveBack(): void {
    this.#budget.give(this.#takenBytes);
    this.#takenBytes = 0;
  }
}
