import { parseBroker, type API, type Broker } from '../client.ts';
import type { KafkaConnection } from '../config.ts';
import { KafkaError } from '../errors.ts';
import type { RequestVersion } from './api-versions.ts';
import { BrokerConnection } from './broker-connection.ts';

/**
 * What a connection is used for. A broker processes the requests of one connection in order, so a request that may wait
 * long (fetch, join, produce) must not share a connection with one that must not (heartbeat).
 */
export type Purpose = 'control' | 'join' | 'fetch' | 'produce';

export interface BrokersOptions {
  readonly connection: KafkaConnection;
  /** The name in the brokers' logs and quotas. */
  readonly clientId: string;
  /** Requests that every broker must support. */
  readonly requests: readonly RequestVersion[];
  /** Timeout to open a connection, and again for its version check. */
  readonly openTimeoutMs: number;
  /** Timeout of a request; the connection is dropped after that. @default the timeout of `control` */
  readonly timeoutsMs: Readonly<Partial<Record<Purpose, number>>> & { readonly control: number };
  /** Called when an open connection ends. @default does nothing */
  readonly onBroken?: () => void;
}

/** The brokers of a cluster, with one connection for each broker and purpose, opened when needed. */
export class Brokers {
  readonly #options: BrokersOptions;
  readonly #bootstrap: readonly Broker[];
  readonly #connections = new Map<string, BrokerConnection>();
  readonly #failedAt = new Map<string, number>();
  #known: ReadonlyMap<number, Broker> = new Map();
  /** The last broker that responded to {@link askAny}: asked first, even if another of its connections has failed. */
  #answered: string | undefined;
  #closed = false;

  constructor(options: BrokersOptions) {
    this.#options = options;
    this.#bootstrap = options.connection.bootstrapBrokers.map((server) => parseBroker(server));
  }

  /** Number of open connections. */
  get connections(): number {
    return [...this.#connections.values()].filter(({ isOpen }) => isOpen).length;
  }

  /**
   * Updates the known brokers from metadata. @param areAll whether the list is complete: connections to other brokers
   * are closed
   */
  learn(brokers: ReadonlyMap<number, Broker>, areAll: boolean): void {
    this.#known = areAll ? brokers : new Map([...this.#known, ...brokers]);
    const addresses = new Set([...this.#known.values(), ...this.#bootstrap].map(address));
    for (const [key, connection] of this.#connections) {
      if (addresses.has(connection.name)) continue;
      connection.close();
      this.#connections.delete(key);
    }
  }

  /** The connection to a broker; `undefined` if metadata does not name the broker. */
  connection(purpose: Purpose, nodeId: number): BrokerConnection | undefined {
    const broker = this.#known.get(nodeId);
    return broker && this.#connection(purpose, broker);
  }

  /** Sends a request to a broker. Does not check the error codes of the response. @throws if there is no response */
  async ask<Arguments extends unknown[], Response extends { throttleTimeMs: number }>(
    purpose: Purpose,
    nodeId: number,
    api: API<Arguments, Response>,
    ...request: Arguments
  ): Promise<Response> {
    const broker = this.#known.get(nodeId);
    if (broker === undefined) throw new Error(`broker ${nodeId} is not in the cluster's metadata`);
    return this.#send(purpose, broker, api, request);
  }

  /**
   * Sends a request to one broker after another until `accept` returns. Brokers that failed recently come last.
   *
   * @param accept throws if another broker may have a better response
   * @throws {KafkaError} the first error code that a broker returned; otherwise the error of the last broker
   */
  async askAny<Arguments extends unknown[], Response extends { throttleTimeMs: number }, Result>(
    api: API<Arguments, Response>,
    request: Arguments,
    accept: (response: Response) => Result,
  ): Promise<Result> {
    let failure: unknown;
    for (const broker of this.#inOrder()) {
      const name = address(broker);
      try {
        const result = accept(await this.#send('control', broker, api, request));
        this.#answered = name;
        return result;
      } catch (error) {
        this.#failed(name);
        this.#answered = undefined;
        if (!(failure instanceof KafkaError)) failure = error;
      }
    }
    throw failure;
  }

  close(): void {
    this.#closed = true;
    for (const connection of this.#connections.values()) connection.close();
  }

  async #send<Arguments extends unknown[], Response extends { throttleTimeMs: number }>(
    purpose: Purpose,
    broker: Broker,
    api: API<Arguments, Response>,
    request: Arguments,
  ): Promise<Response> {
    const { timeoutsMs } = this.#options;
    const connection = this.#connection(purpose, broker);
    await connection.open();
    return connection.request(api, request, timeoutsMs[purpose] ?? timeoutsMs.control);
  }

  #connection(purpose: Purpose, broker: Broker): BrokerConnection {
    const name = address(broker);
    const key = `${purpose} ${name}`;
    let connection = this.#connections.get(key);
    if (connection === undefined) {
      const { connection: security, onBroken = () => undefined, ...options } = this.#options;
      const { tls, sasl } = security;
      connection = new BrokerConnection(broker, {
        ...options,
        security: { ...(tls && { tls }), ...(sasl && { sasl }) },
        onFailed: () => this.#failed(name),
        onBroken: () => {
          this.#failed(name);
          onBroken();
        },
      });
      if (this.#closed) connection.close();
      this.#connections.set(key, connection);
    }
    return connection;
  }

  /** Marks a broker as failed, so that others are asked before it. */
  #failed(name: string): void {
    this.#failedAt.set(name, performance.now());
  }

  #inOrder(): readonly Broker[] {
    const brokers = new Map(
      [...this.#known.values(), ...this.#bootstrap].map((broker) => [address(broker), broker]),
    );
    const rank = (name: string): number => (name === this.#answered ? -1 : (this.#failedAt.get(name) ?? 0));
    return [...brokers].sort(([a], [b]) => rank(a) - rank(b)).map(([, broker]) => broker);
  }
}

function address({ host, port }: Broker): string {
  return `${host}:${port}`;
}
