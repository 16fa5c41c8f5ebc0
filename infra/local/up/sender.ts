import { hash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Agent as HttpAgent, request as requestByHttp, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as requestByHttps } from 'node:https';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Attempt, Ledger } from '../verify/attempts.ts';

const CONNECTIONS = 64;
const TIMEOUT_MS = 60_000;
/** Time after which an event that was not accepted is given up. */
const PATIENCE_MS = 120_000;
const DEFAULT_RETRY_AFTER_MS = 1_000;

/** Host name of an edge, whatever its address, and the authority (PEM) that signed its certificate. */
export interface Edge {
  readonly host: string;
  readonly authority: string;
}

interface UploadResponse extends Pick<Attempt, 'outcome' | 'partition' | 'offset'> {
  /** Undefined if the event will never be accepted. */
  readonly retryAfterMs?: number | undefined;
  readonly message: string;
}

/**
 * Posts events, one per request, over persistent connections. Each attempt has its own request id, and its outcome goes
 * into a ledger. Repeats 503 and 429 after `Retry-After`. 504, or no response, is an unknown outcome and is repeated as
 * a new attempt: the event may be stored twice, but no attempt is.
 */
export class Sender {
  readonly #url: URL;
  readonly #signal: AbortSignal;
  readonly #run = `up-${randomBytes(6).toString('hex')}-`;
  readonly #agent: HttpAgent | HttpsAgent;
  readonly #edge: Edge | undefined;
  readonly #attempts: Attempt[] = [];
  #sent = 0;
  #accepted = 0;
  #failure: string | undefined;

  /**
   * @param endpoint URL of the producer, or of the edge before it
   * @param signal ends the sending; what is under way gets its answer
   * @param edge whom an endpoint of `https:` must prove to be
   */
  constructor(endpoint: string, signal: AbortSignal, edge?: Edge) {
    const kept = { keepAlive: true, maxSockets: CONNECTIONS };
    this.#url = new URL('/upload', endpoint);
    this.#signal = signal;
    this.#edge = edge;
    this.#agent = edge
      ? new HttpsAgent({ ...kept, ca: edge.authority, servername: edge.host })
      : new HttpAgent(kept);
  }

  /** Events with a 2xx so far. */
  get accepted(): number {
    return this.#accepted;
  }

  /** Events that were refused for good, or given up. */
  get failed(): number {
    return this.#sent - this.#accepted;
  }

  /** Reason of the first failure. */
  get failure(): string | undefined {
    return this.#failure;
  }

  get ledger(): Ledger {
    return { requestIdPrefix: this.#run, attempts: this.#attempts };
  }

  /** Returns when each event has its last answer, or the signal has ended the sending. */
  async send(events: AsyncIterator<Buffer>): Promise<void> {
    const connection = async (): Promise<void> => {
      while (!this.#signal.aborted) {
        const next = await events.next();
        if (next.done === true) return;
        this.#sent += 1;
        await this.#deliver(this.#sent, next.value);
      }
    };
    try {
      await Promise.all(Array.from({ length: CONNECTIONS }, connection));
    } finally {
      this.#agent.destroy();
    }
  }

  async #deliver(number: number, body: Buffer): Promise<void> {
    const sha256 = hash('sha256', body);
    const deadline = performance.now() + PATIENCE_MS;
    for (let attempt = 1; ; attempt += 1) {
      const id = `${this.#run}${number}.${attempt}`;
      const { outcome, partition, offset, retryAfterMs, message } = await this.#post(id, body);
      this.#attempts.push({
        id,
        outcome,
        sha256,
        ...(partition !== undefined && { partition }),
        ...(offset !== undefined && { offset }),
        ...(outcome !== 'accepted' && { message }),
      });
      if (outcome === 'accepted') {
        this.#accepted += 1;
        return;
      }
      if (retryAfterMs === undefined || this.#signal.aborted || performance.now() > deadline) {
        this.#failure ??= `event ${number}: ${message}`;
        return;
      }
      await sleep(retryAfterMs, undefined, { signal: this.#signal }).catch(() => undefined);
    }
  }

  async #post(id: string, body: Buffer): Promise<UploadResponse> {
    const request = this.#edge ? requestByHttps : requestByHttp;
    const outgoing = request(this.#url, {
      method: 'POST',
      agent: this.#agent,
      headers: {
        'content-type': 'application/json',
        'content-length': body.length,
        'x-request-id': id,
        ...(this.#edge && { host: this.#edge.host }),
      },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    try {
      const answered = once(outgoing, 'response') as Promise<[IncomingMessage]>;
      outgoing.end(body);
      const [response] = await answered;
      return interpret(response, await text(response));
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      // Connection refused, so nothing was sent; after any other error the event may have arrived.
      const outcome = code === 'ECONNREFUSED' ? 'refused' : 'unknown';
      return { outcome, retryAfterMs: DEFAULT_RETRY_AFTER_MS, message };
    }
  }
}

function interpret({ statusCode: status = 0, headers }: IncomingMessage, body: string): UploadResponse {
  if (status >= 200 && status < 300) {
    const { partition, offset } = JSON.parse(body) as { partition: number; offset: number | null };
    return { outcome: 'accepted', partition, ...(offset !== null && { offset }), message: '' };
  }
  const message = `${status} ${body}`;
  const seconds = Number(headers['retry-after']);
  const retryAfterMs = seconds >= 0 ? seconds * 1_000 : DEFAULT_RETRY_AFTER_MS;
  if (status === 429 || status === 503) return { outcome: 'refused', retryAfterMs, message };
  if (status >= 400 && status < 500) return { outcome: 'refused', message };
  return { outcome: 'unknown', retryAfterMs, message };
}
