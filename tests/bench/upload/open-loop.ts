import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface OpenLoopResult {
  readonly perSecond: number;
  readonly events: number;
  readonly errors: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const CONNECTIONS = 64;
const plainEvent = (): string => 'x'.repeat(1_024);
const TICK_MS = 1;

/**
 * `POST /upload` of 1 KiB at a fixed rate. A latency runs from the time at which the request was due, whether or not
 * a connection was free then: a server that falls behind is not spared the requests that it held up.
 *
 * @param bodyOf makes the body, in ASCII, from the time at which it is due, of `performance.now()`
 */
export async function runOpenLoop(
  endpoint: string,
  ratePerSecond: number,
  seconds: number,
  bodyOf: (dueAt: number) => string = plainEvent,
): Promise<OpenLoopResult> {
  const { hostname, port, host } = new URL(endpoint);
  const messageOf = (since: number): string => {
    const body = bodyOf(since);
    const type = body.startsWith('{') ? 'application/json' : 'text/plain';
    return `POST /upload HTTP/1.1\r\nHost: ${host}\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  };
  const due: number[] = [];
  const latencies: number[] = [];
  let errors = 0;
  const clients = await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      const socket = connect({ host: hostname, port: Number(port), noDelay: true });
      await once(socket, 'connect');
      return new Client(socket, messageOf, (since, ok) => {
        if (ok) latencies.push(performance.now() - since);
        else errors += 1;
      });
    }),
  );
  const begun = performance.now();
  const total = Math.round(ratePerSecond * seconds);
  let made = 0;
  while (latencies.length + errors < total && performance.now() < begun + (seconds + 10) * 1_000) {
    const now = performance.now();
    for (; made < total && begun + (made * 1_000) / ratePerSecond <= now; made += 1) {
      due.push(begun + (made * 1_000) / ratePerSecond);
    }
    for (const client of clients) {
      if (!client.idle) continue;
      const since = due.shift();
      if (since === undefined) break;
      client.send(since);
    }
    await new Promise((resolve) => setTimeout(resolve, TICK_MS));
  }
  const elapsed = (performance.now() - begun) / 1_000;
  for (const client of clients) client.close();
  latencies.sort((a, b) => a - b);
  const percentile = (share: number) => latencies[Math.floor(share * (latencies.length - 1))] ?? Infinity;
  return {
    perSecond: latencies.length / elapsed,
    events: latencies.length,
    errors: total - latencies.length,
    p50Ms: percentile(0.5),
    p99Ms: percentile(0.99),
  };
}

/** One kept connection with at most one request under way. */
class Client {
  readonly #socket: Socket;
  readonly #messageOf: (since: number) => string;
  #since: number | undefined;

  constructor(
    socket: Socket,
    messageOf: (since: number) => string,
    answered: (since: number, ok: boolean) => void,
  ) {
    this.#socket = socket;
    this.#messageOf = messageOf;
    // An answer is a few hundred bytes and comes in one piece on loopback.
    socket.on('data', (data) => {
      if (this.#since === undefined) return;
      const since = this.#since;
      this.#since = undefined;
      answered(since, data.toString('latin1', 9, 12) === '201');
    });
    socket.on('error', () => socket.destroy());
  }

  get idle(): boolean {
    return this.#since === undefined && this.#socket.writable;
  }

  send(since: number): void {
    this.#since = since;
    this.#socket.write(this.#messageOf(since), 'latin1');
  }

  close(): void {
    this.#socket.destroy();
  }
}
