import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { Reader, Writer } from '@platformatic/kafka';
import { answers } from './responses.ts';
import { APIS, type ApiName } from './apis.ts';
import type { BrokerState, ClusterState } from './state.ts';

const names = new Map<number, ApiName>(Object.entries(APIS).map(([name, { key }]) => [key, name as ApiName]));

/** Speaks as much of Kafka's protocol as producers and consumers hear, and says what the test tells it to. */
export class ScriptedBroker implements BrokerState {
  readonly cluster: ClusterState;
  readonly #sockets = new Set<Socket>();
  readonly #muted = new WeakSet<Socket>();
  #server: Server | undefined;
  #port = 0;
  /** Accepts connections and answers nothing, as a broker that is stopped. */
  hangs = false;
  /** What it was asked, in order. */
  readonly requests: ApiName[] = [];
  /** What it tells of the topic instead of what the cluster knows, as one that lags behind. */
  topicId: string | undefined;

  constructor(cluster: ClusterState) {
    this.cluster = cluster;
  }

  get endpoint(): string {
    return `127.0.0.1:${this.#port}`;
  }

  get port(): number {
    return this.#port;
  }

  get nodeId(): number {
    return this.cluster.brokers.indexOf(this);
  }

  get connections(): number {
    return this.#sockets.size;
  }

  /** On the same port as before, where it had one. */
  async start(): Promise<void> {
    const server = createServer((socket) => this.#serve(socket)).listen(this.#port, '127.0.0.1');
    this.#server = server;
    await once(server, 'listening');
    this.#port = (server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    if (this.#server?.listening === true) await new Promise((resolve) => this.#server?.close(resolve));
  }

  /** Connections that stand now are never answered again, as after a network fault; new ones are. */
  mute(): void {
    for (const socket of this.#sockets) this.#muted.add(socket);
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket)).on('error', () => undefined);
    let buffered = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      buffered = Buffer.concat([buffered, chunk]);
      while (buffered.length >= 4 && buffered.length >= 4 + buffered.readInt32BE(0)) {
        const end = 4 + buffered.readInt32BE(0);
        const frame = buffered.subarray(4, end);
        buffered = buffered.subarray(end);
        if (!this.hangs && !this.#muted.has(socket)) this.#answer(socket, Reader.from(frame));
      }
    });
  }

  #answer(socket: Socket, request: Reader): void {
    const key = request.readInt16();
    request.readInt16();
    const correlationId = request.readInt32();
    request.readNullableString(false);
    request.readTaggedFields();
    const name = names.get(key);
    if (name === undefined) throw new Error(`a request that the scripted broker does not know: ${key}`);
    this.requests.push(name);
    const response = Writer.create();
    const reaction = answers[name](this, request, response);
    if (reaction === 'hang up') socket.destroy();
    if (reaction !== undefined) return;
    const head = Writer.create().appendInt32(correlationId);
    if (name !== 'apiVersions') head.appendTaggedFields();
    socket.write(head.appendFrom(response.appendTaggedFields()).prependLength().buffer);
  }
}
