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

/** Turns off the client's own limit, which would queue requests behind the first five without a notice. */
const NO_LIMIT = 2 ** 30;
/** Brokers report it among the versions of client software. */
const SOFTWARE_VERSION = '1';

/** The request was not written to the socket, so the broker cannot have acted on it. */
export class NotSentError extends Error {
  override readonly name = 'NotSentError';
}

export interface BrokerConnectionOptions {
  readonly clientId: string;
  readonly security: Pick<KafkaConnection, 'tls' | 'sasl'>;
  /** Requests that the broker must support. Checked on each connection, since brokers differ during an upgrade. */
  readonly requests: readonly RequestVersion[];
  /**
   * Timeout for TCP, TLS and SASL together, and again for the version check: a broker process that is suspended still
   * accepts TCP connections.
   */
  readonly openTimeoutMs: number;
  /** Called if a connection could not be opened, or a request timed out. */
  readonly onFailed: () => void;
  /** Called when an open connection ends, unless it was dropped here. */
  readonly onBroken: () => void;
}

/** One connection to one broker. Opens when needed, and again after a failure. */
export class BrokerConnection {
  readonly broker: Broker;
  readonly #options: BrokerConnectionOptions;
  #connection: Connection | undefined;
  #areVersionsKnown = false;
  #opening: Promise<void> | undefined;
  #throttledUntil = 0;
  #closed = false;
  /** Send times of the requests in flight; a broker responds in order. */
  #sentAt: number[] = [];
  #abandon: ((reason: Error) => void) | undefined;

  constructor(broker: Broker, options: BrokerConnectionOptions) {
    this.broker = broker;
    this.#options = options;
  }

  get name(): string {
    return `${this.broker.host}:${this.broker.port}`;
  }

  /** Age of the oldest request in flight. */
  get waitingMs(): number {
    return performance.now() - (this.#sentAt[0] ?? Infinity);
  }

  /** Whether a request can be sent now. */
  get isOpen(): boolean {
    return this.#areVersionsKnown && this.#connection?.isConnected() === true;
  }

  /** Resolves when the connection is open, at the latest after twice `openTimeoutMs`. @throws if it cannot be opened */
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
    // Brokers throttle a connection, not a client.
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
   * Sends one request and returns its response, error codes included. After the timeout it drops the connection with
   * every request in flight; at the deadline, if that is earlier, it only gives up this request. While a broker
   * throttles the connection it reads no requests, so the throttle time extends the timeout.
   *
   * @throws {NotSentError} if the connection is not open; after any other error the broker may have acted on the
   *   request
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
    // Timers fire up to a millisecond early. A request given up at its deadline must be past it; otherwise the rest of
    // its run, which has the same deadline, would be sent without any time left.
    const timer = setTimeout(() => {
      reject(new Error(`no response from ${this.name} within ${Math.round(patience)} ms`));
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
        reject(error ?? new Error(`an empty response from ${this.name}`));
        return;
      }
      this.#throttledUntil = Math.max(this.#throttledUntil, performance.now() + response.throttleTimeMs);
      resolve(response);
    };
    api(connection, ...args, done);
    return promise;
  }

  /** Closes the socket; the next use opens a new connection. */
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

/**
 * The client reports an error code anywhere in a response as an error of the whole request, and attaches the response
 * to it.
 */
function responseIn(error: Error | null): unknown {
  return error instanceof ResponseError ? ((error['response'] as unknown) ?? undefined) : undefined;
}
