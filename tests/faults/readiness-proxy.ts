import { once } from 'node:events';
import {
  Agent,
  createServer,
  request,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';

interface Upstream {
  readonly url: URL;
  readonly agent: Agent;
  ready: boolean;
  /** How many times in a row `/readyz` has not answered in time. */
  late: number;
  served: number;
}

/** As the readiness probe of the pods has it. An answer that is not 200, or a refused connection, counts at once. */
const LATE_RESPONSES = 3;

/**
 * What a Service or an ingress does for programs behind it: keeps connections, sends requests in turn to those
 * whose `/readyz` answers 200, asked every `pollMs`, and never sends a request twice. What fails on the way is a 502.
 */
export class ReadinessProxy {
  readonly #server: Server;
  readonly #upstreams: readonly Upstream[];
  readonly #polling: NodeJS.Timeout;
  #next = 0;

  private constructor(endpoints: readonly string[], pollMs: number) {
    this.#upstreams = endpoints.map((endpoint) => ({
      url: new URL(endpoint),
      agent: new Agent({ keepAlive: true }),
      ready: false,
      late: 0,
      served: 0,
    }));
    this.#server = createServer((incoming, outgoing) => {
      this.#serve(incoming, outgoing).catch(() => {
        if (outgoing.headersSent) outgoing.destroy();
        else outgoing.writeHead(502).end();
      });
    });
    this.#polling = setInterval(() => void this.#poll(), pollMs);
  }

  static async listen(endpoints: readonly string[], pollMs = 100): Promise<ReadinessProxy> {
    const proxy = new ReadinessProxy(endpoints, pollMs);
    await proxy.#poll();
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Requests given to each upstream, in the order of the endpoints. */
  get served(): readonly number[] {
    return this.#upstreams.map(({ served }) => served);
  }

  /** How many upstreams get requests now. */
  get ready(): number {
    return this.#upstreams.filter(({ ready }) => ready).length;
  }

  close(): void {
    clearInterval(this.#polling);
    this.#server.close();
    this.#server.closeAllConnections();
    for (const { agent } of this.#upstreams) agent.destroy();
  }

  async #serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const ready = this.#upstreams.filter((upstream) => upstream.ready);
    const upstream = ready[this.#next++ % ready.length];
    if (upstream === undefined) {
      outgoing.writeHead(502).end();
      return;
    }
    upstream.served += 1;
    const { agent, url } = upstream;
    const { method, url: path, rawHeaders } = incoming;
    const headers = withoutConnection(rawHeaders);
    const forwarded = request({ agent, hostname: url.hostname, port: url.port, method, path, headers });
    const answered = once(forwarded, 'response') as Promise<[IncomingMessage]>;
    answered.catch(() => undefined);
    await pipeline(incoming, forwarded);
    const [answer] = await answered;
    outgoing.writeHead(answer.statusCode ?? 502, withoutConnection(answer.rawHeaders));
    await pipeline(answer, outgoing);
  }

  async #poll(): Promise<void> {
    await Promise.all(
      this.#upstreams.map(async (upstream) => {
        try {
          const answer = await fetch(new URL('/readyz', upstream.url), {
            signal: AbortSignal.timeout(1_000),
          });
          await answer.arrayBuffer();
          upstream.ready = answer.ok;
          upstream.late = 0;
        } catch (error) {
          upstream.late = (error as Error).name === 'TimeoutError' ? upstream.late + 1 : LATE_RESPONSES;
          if (upstream.late >= LATE_RESPONSES) upstream.ready = false;
        }
      }),
    );
  }
}

/** `Connection` and `Keep-Alive` speak of one hop only. */
function withoutConnection(rawHeaders: readonly string[]): string[] {
  const pairs = Array.from({ length: rawHeaders.length / 2 }, (_, index) =>
    rawHeaders.slice(index * 2, index * 2 + 2),
  );
  return pairs.filter(([name = '']) => !/^(?:connection|keep-alive)$/i.test(name)).flat();
}
