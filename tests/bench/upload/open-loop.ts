import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface OpenLoopResult {
  readonly perSecond: number;
  readonly events: number;
  readonly errors: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** More than a server that keeps up has requests under way, so that none waits for a free one. */
export const OPEN_LOOP_CONNECTIONS = 256;
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
  const latencies: number[] = [];
  let errors = 0;
  const clients = await Promise.all(
    Array.from({ length: OPEN_LOOP_CONNECTIONS }, async () => {
      const socket = connect({ host: hostname, port: Number(port), noDelay: true });
      await once(socket, 'connect');
      return new Client(socket, messageOf, (client, since, ok) => {
        if (ok) latencies.push(performance.now() - since);
        else errors += 1;
        idle.push(client);
      });
    }),
  );
  const idle = [...clients];
  const begun = performance.now();
  const total = Math.round(ratePerSecond * seconds);
  const dueAt = (request: number) => begun + (request * 1_000) / ratePerSecond;
  let sent = 0;
  while (latencies.length + errors < total && performance.now() < begun + (seconds + 10) * 1_000) {
    const now = performance.now();
    while (sent < total && dueAt(sent) <= now) {
      const client = idle.pop();
      if (client === undefined) break;
      if (!client.writable) continue;
      client.send(dueAt(sent));
      sent += 1;
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
    answered: (client: Client, since: number, ok: boolean) => void,
  ) {
    this.#socket = socket;
    this.#messageOf = messageOf;
    // An answer is a few hundred bytes and comes in one piece on loopback.
    socket.on('data', (data) => {
      if (this.#since === undefined) return;
      const since = this.#since;
      this.#since = undefined;
      answered(this, since, data.toString('latin1', 9, 12) === '201');
    });
    socket.on('error', () => socket.destroy());
  }

  get writable(): boolean {
    return this.#socket.writable;
  }

  send(since: number): void {
    this.#since = since;
    this.#socket.write(this.#messageOf(since), 'latin1');
  }

  close(): void {
    this.#socket.destroy();
  }
}
