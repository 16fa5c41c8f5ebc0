import { apiVersionsV3, Connection, ConnectionStatuses, type API, type Broker } from '../client.ts';
import type { KafkaConnection } from '../config.ts';
import { negotiate, type Apis } from '../messages/produce.ts';

/** For TCP, TLS and SASL, and as much for the versions: a broker that is stopped still accepts TCP. */
const OPEN_TIMEOUT_MS = 2_000;
/** The client's own limits must never act: it would queue requests behind the first five, without saying so. */
const NO_LIMIT = 2 ** 30;

/** The request was not written: the broker cannot have acted on it. */
export class NotSentError extends Error {
  override readonly name = 'NotSentError';
}

/** One connection to one broker, opened when needed and again after it broke. */
export class Link {
  readonly broker: Broker;
  readonly #clientId: string;
  readonly #onBroken: () => void;
  readonly #security: Pick<KafkaConnection, 'tls' | 'sasl'>;
  #connection: Connection | undefined;
  #apis: Apis | undefined;
  #opening: Promise<Apis> | undefined;
  #throttledUntil = 0;
  #closed = false;
  /** When the requests were sent that wait for their answer; a broker answers in order. */
  #sentAt: number[] = [];
  #abandon: ((reason: Error) => void) | undefined;

  /** @param onBroken called when a connection ends that stood and was not dropped here */
  constructor(broker: Broker, clientId: string, { tls, sasl }: KafkaConnection, onBroken: () => void) {
    this.broker = broker;
    this.#onBroken = onBroken;
    this.#clientId = clientId;
    this.#security = { ...(tls && { tls }), ...(sasl && { sasl }) };
  }

  /** For how long the oldest request has waited for its answer. */
  get waitingMs(): number {
    return performance.now() - (this.#sentAt[0] ?? Infinity);
  }

  /** What the broker speaks; `undefined` where no connection stands. */
  get apis(): Apis | undefined {
    return this.#connection?.isConnected() === true ? this.#apis : undefined;
  }

  /** Resolves when a connection stands: at once, or within four seconds. @throws where none can be made */
  async open(): Promise<Apis> {
    if (this.apis !== undefined) return this.apis;
    this.#opening ??= this.#open().finally(() => (this.#opening = undefined));
    return this.#opening;
  }

  async #open(): Promise<Apis> {
    if (this.#closed) throw new NotSentError('the link is closed');
    if (this.#apis !== undefined && this.#connection?.status === ConnectionStatuses.REAUTHENTICATING) {
      await this.#connection.ready();
      return this.#apis;
    }
    this.#apis = undefined;
    this.#connection?.socket.destroy();
    const connection = new Connection(this.#clientId, {
      ...this.#security,
      connectTimeout: OPEN_TIMEOUT_MS,
      requestTimeout: NO_LIMIT,
      maxInflights: NO_LIMIT,
    });
    const onBroken = () => {
      if (connection === this.#connection && this.#apis !== undefined) this.#onBroken();
    };
    connection.on('error', onBroken);
    connection.on('close', onBroken);
    this.#connection = connection;
    this.#sentAt = [];
    const abandoned = Promise.withResolvers<never>();
    this.#abandon = abandoned.reject;
    try {
      await Promise.race([connection.connect(this.broker.host, this.broker.port), abandoned.promise]);
      const { apiKeys } = await this.request(apiVersionsV3.api, ['headwater', '1'], OPEN_TIMEOUT_MS);
      this.#apis = negotiate(apiKeys);
    } catch (error) {
      this.drop();
      throw error;
    }
    return this.#apis;
  }

  /**
   * Sends one request. Where no answer comes within the timeout the connection is dropped, and with it every other
   * request that waits on it; at the deadline, where that comes first, only this request is given up.
   *
   * @throws {NotSentError} where there is no connection; any other error leaves open what the broker did
   */
  async request<Args extends unknown[], Response extends { throttleTimeMs: number }>(
    api: API<Args, Response>,
    args: Args,
    timeoutMs: number,
    deadline = Infinity,
  ): Promise<Response> {
    const connection = this.#connection;
    if (!connection?.isConnected()) throw new NotSentError(`not connected to ${this.name}`);
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
    const now = performance.now();
    const timeout = timeoutMs + Math.max(0, this.#throttledUntil - now);
    const patience = Math.min(timeout, deadline - now);
    // Timers fire up to a millisecond early. What is given up at its deadline must be past it: else the rest of its run,
    // which has the same one, would be sent with no time left.
    const timer = setTimeout(() => {
      reject(new Error(`no answer from ${this.name} within ${Math.round(patience)} ms`));
      if (patience === timeout && connection === this.#connection) this.drop();
    }, patience + 1);
    const sentAt = this.#sentAt;
    sentAt.push(now);
    const done = (error: Error | null, response?: Response) => {
      clearTimeout(timer);
      sentAt.shift();
      if (response === undefined) {
        reject(error ?? new Error(`an empty answer from ${this.name}`));
        return;
      }
      this.#throttledUntil = performance.now() + response.throttleTimeMs;
      resolve(response);
    };
    api(connection, ...args, done);
    return promise;
  }

  /** Breaks the connection without a word; the next use makes a new one. */
  drop(): void {
    this.#abandon?.(new NotSentError(`the connection to ${this.name} was given up`));
    this.#connection?.socket.destroy();
    this.#connection = undefined;
    this.#sentAt = [];
  }

  close(): void {
    this.#closed = true;
    this.drop();
  }

  get name(): string {
    return `${this.broker.host}:${this.broker.port}`;
  }
}
