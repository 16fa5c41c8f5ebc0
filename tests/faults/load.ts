import { hash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Agent, request, type IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Attempt, Ledger, Outcome } from '../../infra/local/verify/attempts.ts';
import { waitUntil } from '../../infra/local/wait.ts';

export interface LoadOptions {
  /** Endpoint of a producer, or of what stands before several. */
  readonly endpoint: string;
  readonly events: number;
  /** Open loop: a request leaves at its time, however many still wait. */
  readonly ratePerSecond: number;
  /** Of the client: while every one waits for its answer, the load falls behind its rate. @default 2_000 */
  readonly connections?: number;
  /** How often an event is sent again after anything but 2xx, as the page for clients tells. @default 0 */
  readonly retries?: number;
  /** @default 30_000 */
  readonly timeoutMs?: number;
}

/** One answer, or none. */
interface Exchange {
  readonly outcome: Outcome;
  /** The status, or the error where there was none. */
  readonly answer: string;
  readonly partition?: number;
  readonly offset?: number;
}

const RETRY_AFTER_MS = 250;

/**
 * A bounded load of `POST /upload` over kept connections. Every attempt has its own request id and stands in the
 * ledger with its outcome; the bytes differ in every event.
 */
export class Load {
  /** Settles when every event has its last answer. */
  readonly done: Promise<void>;
  readonly #options: LoadOptions;
  readonly #run = `load-${randomBytes(6).toString('hex')}-`;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #attempts: Attempt[] = [];
  readonly #answers = new Map<string, number>();
  readonly #acceptedAt: { readonly partition: number; readonly at: number }[] = [];
  #accepted = 0;
  #failed = 0;
  #stopped = false;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.done = this.#start();
  }

  /** Events with a 2xx so far. */
  get accepted(): number {
    return this.#accepted;
  }

  /** Events whose last attempt was not a 2xx. */
  get failed(): number {
    return this.#failed;
  }

  /** How often each answer came: a status, or an error's code. */
  get answers(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#answers].sort());
  }

  /** Valid after {@link done}. */
  get ledger(): Ledger {
    return { requestIdPrefix: this.#run, attempts: this.#attempts };
  }

  /** Sends no further event; those under way get their answers. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.done;
  }

  async untilAccepted(count: number, deadlineMs = 60_000): Promise<void> {
    await waitUntil(() => this.#accepted >= count, { what: `${count} events accepted`, deadlineMs });
  }

  /**
   * The longest time without a 2xx from `since` (as of `performance.now()`) on, over all of the named
   * partitions one by one: how long the slowest of them stood still.
   */
  longestSilenceMs(since: number, partitions: Iterable<number>): number {
    let longest = 0;
    for (const partition of partitions) {
      let last = since;
      for (const accepted of this.#acceptedAt) {
        if (accepted.partition !== partition || accepted.at < since) continue;
        longest = Math.max(longest, accepted.at - last);
        last = accepted.at;
      }
      if (last === since) return Infinity;
    }
    return longest;
  }

  async #start(): Promise<void> {
    const { events, ratePerSecond, connections = 2_000 } = this.#options;
    const begun = performance.now();
    const inFlight = new Set<Promise<void>>();
    for (let index = 0; index < events && !this.#stopped; index += 1) {
      const wait = begun + (index * 1_000) / ratePerSecond - performance.now();
      if (wait > 1) await delay(wait);
      if (inFlight.size >= connections) await Promise.race(inFlight);
      const sending = this.#send(index).finally(() => inFlight.delete(sending));
      inFlight.add(sending);
    }
    await Promise.all(inFlight);
    this.#agent.destroy();
  }

  async #send(index: number): Promise<void> {
    const { retries = 0 } = this.#options;
    const { body, contentType } = event(`${this.#run}${index}`, index);
    const sha256 = hash('sha256', body);
    for (let attempt = 0; attempt <= retries; attempt += 1) {
      if (attempt > 0) await delay(RETRY_AFTER_MS);
      const id = `${this.#run}${index}.${attempt}`;
      const { outcome, answer, ...place } = await this.#post(id, index, body, contentType);
      this.#attempts.push({ id, outcome, sha256, ...place });
      this.#answers.set(answer, (this.#answers.get(answer) ?? 0) + 1);
      if (outcome === 'accepted') {
        this.#accepted += 1;
        if (place.partition !== undefined) {
          this.#acceptedAt.push({ partition: place.partition, at: performance.now() });
        }
        return;
      }
    }
    this.#failed += 1;
  }

  async #post(id: string, index: number, body: Buffer, contentType: string): Promise<Exchange> {
    const { endpoint, timeoutMs = 30_000 } = this.#options;
    const outgoing = request(new URL('/upload', endpoint), {
      method: 'POST',
      agent: this.#agent,
      headers: {
        'content-type': contentType,
        'content-length': body.length,
        'x-request-id': id,
        'x-event-key': `key-${index % 97}`,
      },
      signal: AbortSignal.timeout(timeoutMs),
    });
    try {
      const answered = once(outgoing, 'response') as Promise<[IncomingMessage]>;
      outgoing.end(body);
      const [response] = await answered;
      const chunks: Buffer[] = [];
      for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
      return classify(response.statusCode ?? 0, Buffer.concat(chunks).toString('utf8'));
    } catch (error) {
      const { code, name } = error as NodeJS.ErrnoException;
      // Nobody listened, so nothing was sent; after any other error the event may have arrived.
      const outcome = code === 'ECONNREFUSED' ? 'refused' : 'unknown';
      return { outcome, answer: code ?? name };
    }
  }
}

/** 2xx: stored or will be. 4xx and 503: definitely not. Anything else may be. */
function classify(status: number, text: string): Exchange {
  const answer = String(status);
  if (status >= 200 && status < 300) {
    const { partition, offset } = JSON.parse(text) as { partition: number; offset: number | string };
    return { outcome: 'accepted', answer, partition, offset: Number(offset) };
  }
  const refused = (status >= 400 && status < 500) || status === 503;
  return { outcome: refused ? 'refused' : 'unknown', answer };
}

/** Most events are JSON of differing size; every seventh is bytes that no text encoding reads. */
function event(id: string, index: number): { body: Buffer; contentType: string } {
  if (index % 7 === 6) {
    return {
      body: Buffer.concat([Buffer.from(id), randomBytes(64)]),
      contentType: 'application/octet-stream',
    };
  }
  const pad = 'é\\"\n'.repeat(index % 50);
  return { body: Buffer.from(JSON.stringify({ id, index, pad })), contentType: 'application/json' };
}
