import { parseBroker, type API, type Broker } from '../client.ts';
import type { KafkaConnection } from '../config.ts';
import { KafkaError } from '../errors.ts';
import type { RequestVersion } from './api-versions.ts';
import { BrokerConnection } from './broker-connection.ts';

/**
 * What a connection is for. A broker answers one request of a connection after the other, so what may wait
 * long (a fetch, a join, a batch that waits for replicas) must not share one with what may not (a heartbeat).
 */
export type Purpose = 'control' | 'join' | 'fetch' | 'produce';

export interface BrokersOptions {
  readonly connection: KafkaConnection;
  /** As the brokers' logs and quotas name us. */
  readonly clientId: string;
  /** What every broker must speak. */
  readonly requests: readonly RequestVersion[];
  /** For a connection, and as much for its check of versions. */
  readonly openTimeoutMs: number;
  /** Until a response; the connection is given up after that. @default that of `control` */
  readonly timeoutsMs: Readonly<Partial<Record<Purpose, number>>> & { readonly control: number };
  /** Called when a connection ends that stood. @default nothing */
  readonly onBroken?: () => void;
}

/** The brokers of a cluster, and the connections to them: one for each broker and purpose, made when needed. */
export class Brokers {
  readonly #options: BrokersOptions;
  readonly #bootstrap: readonly Broker[];
  readonly #connections = new Map<string, BrokerConnection>();
  readonly #failedAt = new Map<string, number>();
  #known: ReadonlyMap<number, Broker> = new Map();
  /** What answered {@link askAny} last is asked first, whatever its other connections do: one of that purpose stands. */
  #answered: string | undefined;
  #closed = false;

  constructor(options: BrokersOptions) {
    this.#options = options;
    this.#bootstrap = options.connection.bootstrapBrokers.map((server) => parseBroker(server));
  }

  /** How many connections stand now. */
  get connections(): number {
    return [...this.#connections.values()].filter(({ isOpen }) => isOpen).length;
  }

  /** Learns the brokers from metadata. @param areAll whether others are gone: their connections are closed */
  learn(brokers: ReadonlyMap<number, Broker>, areAll: boolean): void {
    this.#known = areAll ? brokers : new Map([...this.#known, ...brokers]);
    const addresses = new Set([...this.#known.values(), ...this.#bootstrap].map(address));
    for (const [key, connection] of this.#connections) {
      if (addresses.has(connection.name)) continue;
      connection.close();
      this.#connections.delete(key);
    }
  }

  /** The connection to the broker with this id; `undefined` where metadata does not name it. */
  connection(purpose: Purpose, nodeId: number): BrokerConnection | undefined {
    const broker = this.#known.get(nodeId);
    return broker && this.#connection(purpose, broker);
  }

  /** Asks the broker with this id. Error codes in the response are the caller's. @throws where there is no response */
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
   * Asks one broker after the other until one gives a response that is accepted; those that failed last come last.
   *
   * @param accept throws where another broker may know better
   * @throws {KafkaError} what a broker has answered, else why the last one has not
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

  /** The one place where a broker is taken for one that had better not be asked first. */
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
