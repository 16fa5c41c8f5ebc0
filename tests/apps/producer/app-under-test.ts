import { connect } from 'node:net';
import type { TestContext } from 'node:test';
import type { FastifyInstance } from 'fastify';
import { Registry } from 'prom-client';
import { buildApp } from '../../../apps/producer/http/app.ts';
import type { Sources } from '../../../apps/producer/sources/sources.ts';
import { GcPacer } from '../../../apps/service/memory/gc-pacer.ts';
import { MemoryAccount } from '../../../apps/service/memory/memory-account.ts';
import { createLog } from '../../../apps/service/log.ts';
import { FakeRecordLog } from './fake-record-log.ts';

export interface AppUnderTest {
  readonly app: FastifyInstance;
  readonly recordLog: FakeRecordLog;
  readonly budget: MemoryAccount;
  readonly registry: Registry;
  readonly logLines: string[];
  readonly draining: AbortController;
  readonly ending: AbortController;
}

export interface AppUnderTestOptions {
  readonly maxBodyBytes?: number;
  readonly requestTimeoutMs?: number;
  readonly patienceMs?: number;
  readonly budget?: MemoryAccount;
  /** @default true */
  readonly fastPath?: boolean;
  readonly onUpload?: () => void;
  /** @default anybody may send anything */
  readonly sources?: Sources;
}

/** The whole HTTP side of the producer over a fake record log, with small limits. */
export async function startApp(t: TestContext, options: AppUnderTestOptions = {}): Promise<AppUnderTest> {
  const { maxBodyBytes = 1_000, requestTimeoutMs = 10_000, patienceMs = 1_000 } = options;
  const parts = {
    recordLog: new FakeRecordLog(),
    budget: options.budget ?? new MemoryAccount({ bytes: 1_000_000, records: 1_000 }),
    gcPacer: new GcPacer(Infinity, Infinity, () => undefined),
    registry: new Registry(),
    logLines: [] as string[],
    draining: new AbortController(),
    ending: new AbortController(),
  };
  const app = await buildApp({
    ...parts,
    limits: { maxBodyBytes, requestTimeoutMs },
    sources: options.sources,
    fastPath: options.fastPath ?? true,
    patienceMs,
    log: createLog('producer', 'debug', { write: (line) => void parts.logLines.push(line) }),
    draining: parts.draining.signal,
    onUpload: options.onUpload ?? (() => undefined),
    ending: parts.ending.signal,
  });
  t.after(async () => {
    app.server.closeAllConnections();
    await app.close();
  });
  return { app, ...parts };
}

export async function listen(app: FastifyInstance): Promise<number> {
  await app.listen({ host: '127.0.0.1', port: 0 });
  const address = app.server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

export interface RawResponse {
  readonly statusCode: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
  /** Everything that came, until the server closed the connection or `until` was met. */
  readonly text: string;
}

/** Sends bytes as they are, piece by piece, and reads until the server closes or the text matches. */
export async function sendRaw(
  port: number,
  pieces: readonly (string | Buffer)[],
  until?: RegExp,
): Promise<RawResponse> {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  const ended = new Promise<void>((resolve) => {
    socket.on('error', () => resolve()).on('close', () => resolve());
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (until?.test(text) === true) resolve();
    });
  });
  for (const piece of pieces) {
    if (socket.destroyed) break;
    socket.write(piece);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await ended;
  socket.destroy();
  return readResponse(text);
}

/** Reads what a server has sent, as Latin-1; a `100 Continue` before it is passed over. */
export function readResponse(text: string): RawResponse {
  const final = text.replace(/^HTTP\/1\.1 100 Continue\r\n\r\n/, '');
  const [head = '', ...rest] = final.split('\r\n\r\n');
  const [status = '', ...lines] = head.split('\r\n');
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  return {
    statusCode: Number(status.split(' ')[1]),
    headers: new Map(headers),
    body: rest.join('\r\n\r\n'),
    text,
  };
}
