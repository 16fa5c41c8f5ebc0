import {
  apiVersionsV3,
  ConnectionPool,
  parseBroker,
  type API,
  type Broker,
  type Connection,
} from '../client.ts';
import { TESTED_KAFKA, type KafkaConnection } from '../config.ts';

/**
 * What a connection is for. A broker answers one request of a connection after the other, so what may wait
 * long (a fetch, a join) must not share one with what may not (a heartbeat).
 */
export type Purpose = 'control' | 'join' | 'fetch';

export interface BrokersOptions {
  readonly connection: KafkaConnection;
  readonly clientId: string;
  /** Until an answer; the connection is given up after that. */
  readonly timeoutsMs: Readonly<Record<Purpose, number>>;
}

/** Requests to single brokers, over connections that the client library keeps. */
export class Brokers {
  readonly #pools: Readonly<Record<Purpose, ConnectionPool>>;
  readonly #bootstrap: readonly Broker[];
  readonly #checked = new WeakMap<Connection, Promise<ReadonlyMap<number, VersionRange>>>();
  readonly #failedAt = new Map<string, number>();
  #known: ReadonlyMap<number, Broker> = new Map();

  constructor({ connection, clientId, timeoutsMs }: BrokersOptions) {
    const { bootstrapBrokers, ...security } = connection;
    this.#bootstrap = bootstrapBrokers.map((broker) => parseBroker(broker));
    const pool = (purpose: Purpose): ConnectionPool => {
      const connections = new ConnectionPool(clientId, {
        ...security,
        connectTimeout: CONNECT_TIMEOUT_MS,
        requestTimeout: timeoutsMs[purpose],
      });
      // Its requests fail too, and say so: the event alone would end the process.
      connections.on('connecting', ({ connection: socket }) => socket.on('error', () => undefined));
      return connections;
    };
    this.#pools = { control: pool('control'), join: pool('join'), fetch: pool('fetch') };
  }

  /** Learns the brokers' addresses from metadata. */
  learn(brokers: ReadonlyMap<number, Broker>): void {
    this.#known = brokers;
  }

  /** Asks the broker with this id. */
  async ask<Arguments extends unknown[], Answer>(
    purpose: Purpose,
    nodeId: number,
    api: API<Arguments, Answer>,
    ...request: Arguments
  ): Promise<Answer> {
    const broker = this.#known.get(nodeId);
    if (broker === undefined) throw new Error(`broker ${nodeId} is not in the cluster's metadata`);
    return this.#send(purpose, broker, api, request);
  }

  /** Asks one broker after the other until one answers; those that failed last come last. */
  async askAny<Arguments extends unknown[], Answer>(
    api: API<Arguments, Answer>,
    ...request: Arguments
  ): Promise<Answer> {
    const failedAt = (broker: Broker): number => this.#failedAt.get(address(broker)) ?? 0;
    const brokers = [...this.#known.values(), ...this.#bootstrap].sort((a, b) => failedAt(a) - failedAt(b));
    let failure: unknown;
    for (const broker of brokers) {
      try {
        return await this.#send('control', broker, api, request);
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }

  async close(): Promise<void> {
    await Promise.all(Object.values(this.#pools).map((pool) => pool.close()));
  }

  async #send<Arguments extends unknown[], Answer>(
    purpose: Purpose,
    broker: Broker,
    api: API<Arguments, Answer>,
    request: Arguments,
  ): Promise<Answer> {
    try {
      const connection = await this.#pools[purpose].get(broker);
      await this.#requireVersion(connection, broker, api);
      return await api.async(connection, ...request);
    } catch (error) {
      this.#failedAt.set(address(broker), performance.now());
      throw error;
    }
  }

  /** Brokers of several versions may serve at once, while they are upgraded: each connection is asked once. */
  async #requireVersion(
    connection: Connection,
    broker: Broker,
    api: { key: number; version: number },
  ): Promise<void> {
    let versions = this.#checked.get(connection);
    if (versions === undefined) {
      versions = readVersions(connection);
      versions.catch(() => this.#checked.delete(connection));
      this.#checked.set(connection, versions);
    }
    const range = (await versions).get(api.key);
    if (range !== undefined && api.version >= range.minVersion && api.version <= range.maxVersion) return;
    throw new Error(
      `broker ${address(broker)} must speak version ${api.version} of request ${range?.name ?? api.key}, ` +
        `as ${TESTED_KAFKA} do, it speaks ${range ? `${range.minVersion} to ${range.maxVersion}` : 'none'}`,
    );
  }
}

interface VersionRange {
  readonly name: string;
  readonly minVersion: number;
  readonly maxVersion: number;
}

const CONNECT_TIMEOUT_MS = 5000;

async function readVersions(connection: Connection): Promise<ReadonlyMap<number, VersionRange>> {
  const { apiKeys } = await apiVersionsV3.api.async(connection, 'headwater-consumer', '1');
  return new Map(apiKeys.map((range) => [range.apiKey, range]));
}

function address({ host, port }: Broker): string {
  return `${host}:${port}`;
}
