import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { parseKey, type SegmentKey } from '../../infra/local/verify/segment.ts';

/** What happens to one PUT of a segment. */
export type StoreFault =
  /** The proxy answers in the store's place; the store never hears of it. */
  | { readonly kind: 'status'; readonly status: 403 | 429 | 500 | 503 }
  /** The connection is reset; the store never hears of it. */
  | { readonly kind: 'reset' }
  /** No answer until the client gives up; the store never hears of it. */
  | { readonly kind: 'hang' }
  /** The body reaches the store only after this time, even if the client is gone by then. */
  | { readonly kind: 'late'; readonly ms: number }
  /** The store does it, then the connection is reset before the answer. */
  | { readonly kind: 'lost-answer' }
  /** The store does it, then the connection is reset within the answer's head. */
  | { readonly kind: 'half-answer' };

/** Moments of a PUT at which a test may act; the PUT waits for it. */
export type Stage = 'before-forward' | 'mid-body' | 'after-answer' | 'after-relay';

/** One PUT of a segment as the proxy saw it. */
export interface Put extends SegmentKey {
  /** From its metadata. */
  readonly claimedEnd: number;
  readonly writer: string;
  readonly bytes: number;
  /** What the store answered, and when (as of `performance.now()`); undefined where it was not asked or has not. */
  status?: number;
  answeredAt?: number;
  readonly fault?: StoreFault['kind'];
}

/** What becomes of the PUT after a test has acted on it: abandoned, the store gets no more of it. */
export type Onward = 'go-on' | 'abandon';

interface Hook {
  readonly stage: Stage;
  readonly matches: (put: Put) => boolean;
  readonly action: (put: Put) => Promise<Onward>;
  readonly taken: (put: Put) => void;
}

/**
 * An S3 store with faults: a proxy in front of a real one. It forwards every request's head unchanged, so that a
 * signature made for the proxy's address stays valid. It sees every answer before the client does, therefore
 * {@link chainEnd} never lags behind what a client may know.
 */
export class StoreProxy {
  readonly puts: Put[] = [];
  readonly #server: Server;
  readonly #target: URL;
  readonly #faults: { readonly fault: StoreFault; left: number; readonly matches: Hook['matches'] }[] = [];
  readonly #hooks: Hook[] = [];
  readonly #ends = new Map<string, number>();
  readonly #late = new Set<Promise<void>>();

  private constructor(target: string) {
    this.#target = new URL(target);
    this.#server = createServer((incoming, outgoing) => {
      this.#serve(incoming, outgoing).catch(() => outgoing.destroy());
    });
  }

  /** @param target the real store's endpoint. */
  static async listen(target: string): Promise<StoreProxy> {
    const proxy = new StoreProxy(target);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The next `times` PUTs of segments that match meet this fault. */
  inject(fault: StoreFault, times: number, matches: Hook['matches'] = () => true): void {
    this.#faults.push({ fault, left: times, matches });
  }

  /** How many PUTs have still to meet a fault. */
  get faultsLeft(): number {
    return this.#faults.reduce((sum, { left }) => sum + left, 0);
  }

  /** Acts once, at this stage of the next PUT that matches, which waits for it. @returns that PUT, after the action. */
  at(stage: Stage, action: Hook['action'], matches: Hook['matches'] = () => true): Promise<Put> {
    return new Promise((taken) => this.#hooks.push({ stage, matches, action, taken }));
  }

  /** `end` of the last segment that the store has accepted; 0 while there is none. */
  chainEnd(topicId: string, partition: number): number {
    return this.#ends.get(`${topicId}/${partition}`) ?? 0;
  }

  /** Lets late PUTs land, and ends every connection. */
  async close(): Promise<void> {
    await Promise.all(this.#late);
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const body = await readBody(incoming);
    const segment = this.#segmentOf(incoming);
    if (segment === undefined || incoming.method !== 'PUT') {
      const answer = await this.#forward(incoming, [body]);
      // What a client learns from a HEAD is stored, even if the answer to its PUT is still on the way.
      if (segment !== undefined && answer.status === 200) this.#reached(segment, answer.claimedEnd);
      relay(answer, outgoing);
      return;
    }
    const claim = {
      ...segment,
      claimedEnd: Number(incoming.headers['x-amz-meta-end']),
      writer: String(incoming.headers['x-amz-meta-writer']),
      bytes: body.length,
    };
    const fault = this.#takeFault(claim);
    const put: Put = { ...claim, ...(fault === undefined ? {} : { fault: fault.kind }) };
    this.puts.push(put);
    if ((await this.#reach('before-forward', put)) === 'abandon') incoming.socket.destroy();
    else await this.#put(put, fault, body, incoming, outgoing);
  }

  async #put(
    put: Put,
    fault: StoreFault | undefined,
    body: Buffer,
    incoming: IncomingMessage,
    outgoing: ServerResponse,
  ): Promise<void> {
    switch (fault?.kind) {
      case 'status':
        outgoing.writeHead(fault.status, { 'content-type': 'application/xml' });
        outgoing.end(`<?xml version="1.0"?><Error><Code>Injected${fault.status}</Code></Error>`);
        return;
      case 'reset':
        incoming.socket.resetAndDestroy();
        return;
      case 'hang':
        return;
      case 'late': {
        const landing = delay(fault.ms).then(() => this.#store(put, incoming, [body]));
        this.#late.add(
          landing.then(
            () => undefined,
            () => undefined,
          ),
        );
        relay(await landing, outgoing);
        return;
      }
      default:
    }
    const half = body.length >> 1;
    const answer = await this.#store(put, incoming, [body.subarray(0, half), body.subarray(half)]);
    await this.#reach('after-answer', put);
    if (fault?.kind === 'lost-answer') incoming.socket.resetAndDestroy();
    else if (fault?.kind === 'half-answer') incoming.socket.end(`HTTP/1.1 ${answer.status} O`);
    else relay(answer, outgoing);
    if (!outgoing.destroyed) await once(outgoing, 'close');
    await this.#reach('after-relay', put);
  }

  async #store(put: Put, incoming: IncomingMessage, parts: readonly Buffer[]): Promise<StoreResponse> {
    const answer = await this.#forward(incoming, parts, () => this.#reach('mid-body', put));
    put.status = answer.status;
    put.answeredAt = performance.now();
    if (answer.status === 200) this.#reached(put, put.claimedEnd);
    return answer;
  }

  #reached({ topicId, partition }: SegmentKey, end: number): void {
    const chain = `${topicId}/${partition}`;
    this.#ends.set(chain, Math.max(this.#ends.get(chain) ?? 0, end));
  }

  /** Sends the parts one after another, with `between` awaited after the first one. */
  async #forward(
    { method, url, rawHeaders }: IncomingMessage,
    [first, ...rest]: readonly Buffer[],
    between: () => Promise<Onward> = () => Promise.resolve('go-on'),
  ): Promise<StoreResponse> {
    const { hostname, port } = this.#target;
    // A connection a request: a kept one may be closed by a store that restarts, a fault that no test asked for.
    const outgoing = request({ hostname, port, method, path: url, headers: rawHeaders, agent: false });
    const answered = once(outgoing, 'response') as Promise<[IncomingMessage]>;
    answered.catch(() => undefined);
    outgoing.write(first);
    if ((await between()) === 'abandon') {
      outgoing.destroy();
      throw new Error('abandoned');
    }
    for (const part of rest) outgoing.write(part);
    outgoing.end();
    const [response] = await answered;
    const body = await readBody(response);
    return {
      status: response.statusCode ?? 0,
      rawHeaders: response.rawHeaders,
      body,
      claimedEnd: Number(response.headers['x-amz-meta-end']),
    };
  }

  #segmentOf({ url = '' }: IncomingMessage): SegmentKey | undefined {
    const [path = ''] = url.split('?');
    return parseKey(decodeURIComponent(path.split('/').slice(2).join('/')));
  }

  #takeFault(put: Put): StoreFault | undefined {
    const next = this.#faults.find(({ left, matches }) => left > 0 && matches(put));
    if (next === undefined) return undefined;
    next.left -= 1;
    return next.fault;
  }

  async #reach(stage: Stage, put: Put): Promise<Onward> {
    const at = this.#hooks.findIndex((hook) => hook.stage === stage && hook.matches(put));
    const [hook] = at === -1 ? [] : this.#hooks.splice(at, 1);
    if (hook === undefined) return 'go-on';
    const onward = await hook.action(put);
    hook.taken(put);
    return onward;
  }
}

interface StoreResponse {
  readonly status: number;
  readonly rawHeaders: string[];
  readonly body: Buffer;
  /** From the metadata of the object that was asked for; NaN where there is none. */
  readonly claimedEnd: number;
}

function relay({ status, rawHeaders, body }: StoreResponse, outgoing: ServerResponse): void {
  if (!outgoing.destroyed) outgoing.writeHead(status, rawHeaders).end(body);
}

async function readBody(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
