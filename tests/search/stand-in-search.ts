import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { type BulkItem, type ItemRefusal, MalformedBulk, parseBulk } from './bulk.ts';
import type { SearchResponse, SearchProduct, SearchState } from './search-state.ts';
import { administer } from './stand-in-administration.ts';

/** What happens to one bulk request as a whole. */
export type BulkFault =
  /** Refused before any of it is stored. */
  | { readonly kind: 'status'; readonly status: 400 | 401 | 403 | 413 | 429 | 500 | 503 }
  /** The connection is reset; nothing is stored. */
  | { readonly kind: 'reset' }
  /** Stored, and the connection is cut in the middle of the answer. */
  | { readonly kind: 'half-answer' }
  /** Stored and answered after this time. */
  | { readonly kind: 'slow'; readonly ms: number };

/** A bulk request as it came. */
export interface SeenBulk {
  /** Of the body, unpacked. */
  readonly bytes: number;
  readonly documents: number;
  /** Undefined where the connection was reset. */
  readonly status: number | undefined;
}

export interface StandInSearchOptions {
  readonly product: SearchProduct;
  /** As `http.max_content_length`: a longer body is answered 413. @default 10 MiB, the least of a managed service */
  readonly maxRequestBytes?: number;
}

const LOGIN = { username: 'shipper', password: 'p@ss:w/ord#%{' };

/**
 * Stands in for an Elasticsearch 8 or an OpenSearch 2 where the real one would have to be made to refuse: whole requests
 * and single documents, as a test asks. What the real ones do not take it does not take either: a body that is too
 * long, a malformed action, a document that is no JSON in UTF-8, an unknown path, another login.
 */
export class StandInSearch {
  readonly login = LOGIN;
  readonly bulks: SeenBulk[] = [];
  /** `<method> <path>` of every other request. */
  readonly otherRequests: string[] = [];
  readonly #server: Server;
  readonly #product: SearchProduct;
  readonly #maxRequestBytes: number;
  readonly #state: SearchState;
  #otherRefusals = { status: 503, left: 0 };
  readonly #faults: { readonly fault: BulkFault; left: number }[] = [];
  #refuseItem: (item: BulkItem) => ItemRefusal | undefined = () => undefined;

  private constructor({ product, maxRequestBytes = 10 * 2 ** 20 }: StandInSearchOptions) {
    this.#product = product;
    this.#maxRequestBytes = maxRequestBytes;
    this.#state = {
      product,
      indices: new Map(),
      templates: new Map(),
      policies: new Map(),
      managed: new Map(),
    };
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch(() => response.destroy());
    });
  }

  static async start(options: StandInSearchOptions): Promise<StandInSearch> {
    const search = new StandInSearch(options);
    search.#server.listen(0, '127.0.0.1');
    await once(search.#server, 'listening');
    return search;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** What it was told beside documents. */
  get state(): SearchState {
    return this.#state;
  }

  /** Every bulk request meets this fault, `times` of them or until {@link heal}. */
  inject(fault: BulkFault, times = Number.POSITIVE_INFINITY): void {
    this.#faults.push({ fault, left: times });
  }

  /** The next requests that are no bulk are refused with this status. */
  refuseOthers(status: 429 | 500 | 503, times: number): void {
    this.#otherRefusals = { status, left: times };
  }

  /** How many requests have still to meet a fault. */
  get faultsLeft(): number {
    return this.#faults.reduce((sum, { left }) => sum + left, 0);
  }

  /** Single documents are refused where the function says why. */
  refuse(why: (item: BulkItem) => ItemRefusal | undefined): void {
    this.#refuseItem = why;
  }

  heal(): void {
    this.#faults.length = 0;
    this.#refuseItem = () => undefined;
  }

  /** Documents by id, of every index whose name matches. */
  documents(index: RegExp): Map<string, Readonly<Record<string, unknown>>> {
    const found = [...this.#state.indices].filter(([name]) => index.test(name));
    return new Map(found.flatMap(([, { documents }]) => [...documents]));
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', this.endpoint);
    const sent = Number(request.headers['content-length'] ?? 0);
    if (sent > this.#maxRequestBytes) {
      this.#refuseLength(response);
      return;
    }
    const body = await readBody(request);
    if (body.length > this.#maxRequestBytes) {
      this.#refuseLength(response);
      return;
    }
    if (!this.#isLoggedIn(request)) {
      this.#answer(response, unauthorized());
      return;
    }
    if (/\/_bulk$/.test(pathname)) return this.#bulk(pathname, body, response);
    if (this.#otherRefusals.left > 0) {
      this.#otherRefusals.left -= 1;
      this.#answer(response, refusal(this.#otherRefusals.status));
      return;
    }
    this.otherRequests.push(`${request.method ?? ''} ${pathname}`);
    this.#answer(
      response,
      administer(this.#state, { method: request.method ?? '', path: pathname, query: searchParams, body }),
    );
  }

  async #bulk(path: string, body: Buffer, response: ServerResponse): Promise<void> {
    const fault = this.#nextFault();
    const seen = (documents: number, status: number | undefined): void => {
      this.bulks.push({ bytes: body.length, documents, status });
    };
    if (fault?.kind === 'reset') {
      seen(0, undefined);
      response.socket?.resetAndDestroy();
      return;
    }
    if (fault?.kind === 'status') {
      seen(0, fault.status);
      // As both products do it: no text, and no more of this connection.
      if (fault.status === 413) {
        this.#refuseLength(response, false);
        return;
      }
      this.#answer(response, refusal(fault.status));
      return;
    }
    let items: BulkItem[];
    try {
      items = parseBulk(body, path);
    } catch (error) {
      if (!(error instanceof MalformedBulk)) throw error;
      seen(0, 400);
      this.#answer(response, failure(400, 'illegal_argument_exception', error.message));
      return;
    }
    const results = items.map((item) => this.#store(item));
    const errors = results.some((result) => Object.values(result).some(({ status }) => status >= 300));
    const answer = { status: 200, body: { took: 1, errors, items: results } };
    if (fault?.kind === 'slow') await sleep(fault.ms);
    if (fault?.kind === 'half-answer') {
      seen(items.length, undefined);
      this.#answerHalf(response, answer);
      return;
    }
    seen(items.length, 200);
    this.#answer(response, answer);
  }

  #nextFault(): BulkFault | undefined {
    const [next] = this.#faults;
    if (next === undefined) return undefined;
    next.left -= 1;
    if (next.left <= 0) this.#faults.shift();
    return next.fault;
  }

  #store(item: BulkItem): Record<string, { readonly status: number } & Record<string, unknown>> {
    const { action, index, source } = item;
    const own = this.#state.indices.get(index);
    const documents = own?.documents ?? new Map<string, Readonly<Record<string, unknown>>>();
    const id = item.id ?? `chosen-${documents.size}`;
    const refused = this.#refuseItem(item) ?? (source === undefined ? NO_JSON : undefined);
    const at = { _index: index, _id: id };
    if (refused !== undefined) {
      const { status, type, reason } = refused;
      return { [action]: { ...at, status, error: { type, reason } } };
    }
    const exists = documents.has(id);
    if (action === 'create' && exists) {
      const reason = `[${id}]: version conflict, document already exists (current version [1])`;
      return { create: { ...at, status: 409, error: { type: 'version_conflict_engine_exception', reason } } };
    }
    if (own === undefined) this.#state.indices.set(index, { documents, settings: {} });
    documents.set(id, source ?? {});
    return {
      [action]: { ...at, _version: 1, result: exists ? 'updated' : 'created', status: exists ? 200 : 201 },
    };
  }

  #isLoggedIn({ headers }: IncomingMessage): boolean {
    const { username, password } = this.login;
    return headers.authorization === `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  }

  #refuseLength(response: ServerResponse, counts = true): void {
    if (counts) this.bulks.push({ bytes: Number.NaN, documents: 0, status: 413 });
    response.writeHead(413, { ...this.#headers(), 'content-length': 0, connection: 'close' });
    response.end();
  }

  #answer(response: ServerResponse, { status, body }: SearchResponse): void {
    const text = JSON.stringify(body);
    response.writeHead(status, { ...this.#headers(), 'content-length': Buffer.byteLength(text) });
    response.end(text);
  }

  #answerHalf(response: ServerResponse, { status, body }: SearchResponse): void {
    const text = JSON.stringify(body);
    response.writeHead(status, { ...this.#headers(), 'content-length': Buffer.byteLength(text) });
    response.write(text.slice(0, text.length / 2), () => response.socket?.resetAndDestroy());
  }

  #headers(): Record<string, string> {
    return {
      'content-type': 'application/json',
      ...(this.#product === 'elasticsearch' && { 'x-elastic-product': 'Elasticsearch' }),
    };
  }
}

const NO_JSON: ItemRefusal = {
  status: 400,
  type: 'mapper_parsing_exception',
  reason: 'failed to parse: the document is no JSON object in UTF-8',
};

function refusal(status: number): SearchResponse {
  return failure(
    status,
    status === 429 ? 'es_rejected_execution_exception' : `status_${status}_exception`,
    'refused by the stand-in as a test asked',
  );
}

function failure(status: number, type: string, reason: string): SearchResponse {
  return { status, body: { error: { root_cause: [{ type, reason }], type, reason }, status } };
}

function unauthorized(): SearchResponse {
  return failure(401, 'security_exception', 'missing authentication credentials for REST request');
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  return request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
}
