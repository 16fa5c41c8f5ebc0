import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { Reader, readRecordsBatch, Writer, type RecordsBatch } from '@platformatic/kafka';

export interface SentBatch {
  readonly partition: number;
  readonly broker: ScriptedBroker;
  readonly bytes: Buffer;
  readonly batch: RecordsBatch;
}

/** What the broker does with a batch: answers it, says nothing, or ends the connection. */
export type ProduceAnswer = { error?: number; offset?: bigint; throttleMs?: number } | 'silent' | 'hang up';

/** What every scripted broker of one test knows of the cluster. */
export class ScriptedCluster {
  readonly brokers: ScriptedBroker[] = [];
  readonly sent: SentBatch[] = [];
  topicId = '11111111-2222-3333-4444-555555555555';
  /** The leader of each partition, as an index of `brokers`. */
  leaders: number[] = [0];
  epoch = 1;
  producerIds = 100n;
  versions = { produce: [0, 11], metadata: [0, 12], initProducerId: [0, 5] };
  /** In turn; then every batch is stored. */
  readonly script: ProduceAnswer[] = [];
  produce: (batch: SentBatch) => ProduceAnswer = () => this.script.shift() ?? {};
  #nextOffset = 0n;

  async addBroker(): Promise<ScriptedBroker> {
    const broker = new ScriptedBroker(this);
    this.brokers.push(broker);
    await broker.start();
    return broker;
  }

  offsets(records: number): bigint {
    const first = this.#nextOffset;
    this.#nextOffset += BigInt(records);
    return first;
  }

  async close(): Promise<void> {
    await Promise.all(this.brokers.map((broker) => broker.stop()));
  }
}

/**
 * Speaks as much of Kafka's protocol as a producer hears, and says what the test tells it to: for answers that a
 * real broker gives only in races. What real brokers do is tested with real ones.
 */
export class ScriptedBroker {
  readonly #cluster: ScriptedCluster;
  readonly #sockets = new Set<Socket>();
  readonly #muted = new WeakSet<Socket>();
  #server: Server | undefined;
  #port = 0;
  /** Accepts connections and answers nothing, as a broker that is stopped. */
  hangs = false;

  constructor(cluster: ScriptedCluster) {
    this.#cluster = cluster;
  }

  get endpoint(): string {
    return `127.0.0.1:${this.#port}`;
  }

  get port(): number {
    return this.#port;
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

  #answer(socket: Socket, reader: Reader): void {
    const apiKey = reader.readInt16();
    reader.readInt16();
    const correlationId = reader.readInt32();
    reader.readNullableString(false);
    reader.readTaggedFields();
    const body = Writer.create();
    if (apiKey === 0) {
      if (!this.#produce(socket, reader, body)) return;
    } else if (apiKey === 3) this.#metadata(body);
    else if (apiKey === 18) this.#apiVersions(body);
    else this.#initProducerId(body);
    const answer = Writer.create().appendInt32(correlationId);
    if (apiKey !== 18) answer.appendTaggedFields();
    socket.write(answer.appendFrom(body).prependLength().buffer);
  }

  #apiVersions(body: Writer): void {
    const { produce, metadata, initProducerId } = this.#cluster.versions;
    const apis = [
      [0, ...produce],
      [3, ...metadata],
      [22, ...initProducerId],
    ];
    body
      .appendInt16(0)
      .appendArray(apis, (w, [key = 0, min = 0, max = 0]) =>
        w.appendInt16(key).appendInt16(min).appendInt16(max),
      )
      .appendInt32(0)
      .appendTaggedFields();
  }

  #metadata(body: Writer): void {
    const { brokers, leaders, topicId, epoch, versions } = this.#cluster;
    const version = versions.metadata[1] ?? 12;
    body
      .appendInt32(0)
      .appendArray([...brokers.entries()], (w, [id, { port }]) =>
        w.appendInt32(id).appendString('127.0.0.1').appendInt32(port).appendString(null),
      )
      .appendString('cluster')
      .appendInt32(0)
      .appendArray(['events'], (w, name) => {
        w.appendInt16(0).appendString(name).appendUUID(topicId).appendBoolean(false);
        w.appendArray([...leaders.entries()], (p, [partition, leader]) =>
          p
            .appendInt16(leader < 0 ? 5 : 0)
            .appendInt32(partition)
            .appendInt32(leader)
            .appendInt32(epoch)
            .appendArray([leader], (r, id) => r.appendInt32(id), true, false)
            .appendArray([leader], (r, id) => r.appendInt32(id), true, false)
            .appendArray([], () => undefined, true, false),
        );
        w.appendInt32(0);
      });
    if (version < 11) body.appendInt32(0);
    body.appendTaggedFields();
  }

  #initProducerId(body: Writer): void {
    body
      .appendInt32(0)
      .appendInt16(0)
      .appendInt64(this.#cluster.producerIds++)
      .appendInt16(0)
      .appendTaggedFields();
  }

  /** Whether there is an answer. */
  #produce(socket: Socket, reader: Reader, body: Writer): boolean {
    reader.readNullableString();
    reader.readInt16();
    reader.readInt32();
    const [partitions = []] = reader.readArray((topic) => {
      topic.readString();
      return topic.readArray((entry) => ({ partition: entry.readInt32(), bytes: entry.readBytes() }));
    });
    const [{ partition, bytes } = { partition: -1, bytes: Buffer.alloc(0) }] = partitions;
    const sent = { partition, broker: this, bytes, batch: readRecordsBatch(Reader.from(bytes)) };
    this.#cluster.sent.push(sent);
    const answer = this.#cluster.produce(sent);
    if (answer === 'hang up') socket.destroy();
    if (typeof answer === 'string') return false;
    const { error = 0, throttleMs = 0 } = answer;
    const offset = answer.offset ?? (error === 0 ? this.#cluster.offsets(sent.batch.records.length) : -1n);
    body
      .appendArray(['events'], (w, name) =>
        w.appendString(name).appendArray([partition], (p, index) =>
          p
            .appendInt32(index)
            .appendInt16(error)
            .appendInt64(offset)
            .appendInt64(-1n)
            .appendInt64(0n)
            .appendArray([], () => undefined)
            .appendString(null),
        ),
      )
      .appendInt32(throttleMs)
      .appendTaggedFields();
    return true;
  }
}
