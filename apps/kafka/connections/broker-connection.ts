import {
  apiVersionsV3,
  Connection,
  ConnectionStatuses,
  ResponseError,
  type API,
  type Broker,
} from '../client.ts';
import type { KafkaConnection } from '../config.ts';
import { requireVersions, type RequestVersion } from './api-versions.ts';

/** The client's own limits must never act: it would queue requests behind the first five, without saying so. */
const NO_LIMIT = 2 ** 30;
/** As brokers count it among the software of their clients. */
const SOFTWARE_VERSION = '1';

/** The request was not written: the broker cannot have acted on it. */
export class NotSentError extends Error {
  override readonly name = 'NotSentError';
}

export interface BrokerConnectionOptions {
  readonly clientId: string;
  readonly security: Pick<KafkaConnection, 'tls' | 'sasl'>;
  /** What the broker must speak: each connection is asked once. Brokers may differ while they are upgraded. */
  readonly requests: readonly RequestVersion[];
  /** For TCP, TLS and SASL, and as much for the versions: a broker that is stopped still accepts TCP. */
  readonly openTimeoutMs: number;
  /** Called when no connection could be made, or a request had no response. */
  readonly onFailed: () => void;
  /** Called when a connection ends that stood and was not dropped here. */
  readonly onBroken: () => void;
}

/** One connection to one broker, opened when needed and again after it broke. */
export class BrokerConnection {
  readonly broker: Broker;
  readonly #options: BrokerConnectionOptions;
  #connection: Connection | undefined;
  #areVersionsKnown = false;
  #opening: Promise<void> | undefined;
  #throttledUntil = 0;
  #closed = false;
  /** When the requests were sent that wait for their response; a broker answers in order. */
  #sentAt: number[] = [];
  #abandon: ((reason: Error) => void) | undefined;

  constructor(broker: Broker, options: BrokerConnectionOptions) {
    this.broker = broker;
    this.#options = options;
  }

  get name(): string {
    return `${this.broker.host}:${this.broker.port}`;
  }

  /** For how long the oldest request has waited for its response. */
  get waitingMs(): number {
    return performance.now() - (this.#sentAt[0] ?? Infinity);
  }

  /** Whether requests can be sent now. */
  get isOpen(): boolean {
    return this.#areVersionsKnown && this.#connection?.isConnected() === true;
  }

  /** Resolves when a connection stands: at once, or within twice the time to open. @throws where none can be made */
  async open(): Promise<void> {
    if (this.isOpen) return;
    this.#opening ??= this.#open().finally(() => (this.#opening = undefined));
    return this.#opening;
  }

  async #open(): Promise<void> {
    if (this.#closed) throw new NotSentError('the connection is closed');
    if (this.#areVersionsKnown && this.#connection?.status === ConnectionStatuses.REAUTHENTICATING) {
      await this.#connection.ready();
      return;
    }
    this.#areVersionsKnown = false;
    // A broker throttles a connection, not a client.
    this.#throttledUntil = 0;
    this.#connection?.socket.destroy();
    const { clientId, security, requests, openTimeoutMs, onFailed, onBroken } = this.#options;
    const connection = new Connection(clientId, {
      ...security,
      connectTimeout: openTimeoutMs,
      requestTimeout: NO_LIMIT,
      maxInflights: NO_LIMIT,
    });
    const broken = () => {
      if (connection === this.#connection && this.#areVersionsKnown) onBroken();
    };
    connection.on('error', broken);
    connection.on('close', broken);
    this.#connection = connection;
    this.#sentAt = [];
    const abandoned = Promise.withResolvers<never>();
    this.#abandon = abandoned.reject;
    try {
      await Promise.race([connection.connect(this.broker.host, this.broker.port), abandoned.promise]);
      const { apiKeys } = await this.request(apiVersionsV3.api, [clientId, SOFTWARE_VERSION], openTimeoutMs);
      requireVersions(this.name, requests, apiKeys);
      this.#areVersionsKnown = true;
    } catch (error) {
      this.drop();
      onFailed();
      throw error;
    }
  }

  /**
   * Sends one request. Its response is returned whatever error codes are in it. Where none comes within the timeout the
   * connection is dropped, and with it every other request that waits on it; at the deadline, where that comes first,
   * only this request is given up. A broker that throttles reads nothing for as long as it says: that time is added.
   *
   * @throws {NotSentError} where there is no connection; any other error leaves open what the broker did
   */
  async request<Arguments extends unknown[], Response extends { throttleTimeMs: number }>(
    api: API<Arguments, Response>,
    args: Arguments,
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
      if (patience === timeout && connection === this.#connection) {
        this.drop();
        this.#options.onFailed();
      }
    }, patience + 1);
    const sentAt = this.#sentAt;
    sentAt.push(now);
    const done = (error: Error | null, payload?: Response) => {
      clearTimeout(timer);
      sentAt.shift();
      const response = payload ?? (responseIn(error) as Response | undefined);
      if (response === undefined) {
        reject(error ?? new Error(`an empty answer from ${this.name}`));
        return;
      }
      this.#throttledUntil = Math.max(this.#throttledUntil, performance.now() + response.throttleTimeMs);
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
    this.#areVersionsKnown = false;
    this.#sentAt = [];
  }

  close(): void {
    this.#closed = true;
    this.drop();
  }
}

/** The client takes an error code anywhere in a response for an error of all of it: the response is beside it. */
function responseIn(error: Error | null): unknown {
  return error instanceof ResponseError ? ((error['response'] as unknown) ?? undefined) : undefined;
}
