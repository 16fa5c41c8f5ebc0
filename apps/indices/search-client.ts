import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { JsonObject, SearchConnection } from './config.ts';

const RESPONSE_TIMEOUT_MS = 30_000;

/** An error response of the search cluster. */
export class SearchRefusal extends Error {
  override readonly name = 'SearchRefusal';
  readonly status: number;

  constructor(method: string, path: string, status: number, text: string) {
    super(`${method} ${path} was answered ${status}: ${text.slice(0, 1_000)}`);
    this.status = status;
  }
}

/** JSON client of a search cluster. */
export class SearchClient {
  readonly #connection: SearchConnection;

  constructor(connection: SearchConnection) {
    this.#connection = connection;
  }

  /**
   * @param path absolute path, without the address of the cluster
   * @throws {SearchRefusal} if the status is not 2xx
   */
  async send(method: 'GET' | 'PUT' | 'POST', path: string, body?: JsonObject): Promise<JsonObject> {
    const { status, text } = await this.#exchange(
      method,
      path,
      body === undefined ? '' : JSON.stringify(body),
    );
    if (status < 200 || status >= 300) throw new SearchRefusal(method, path, status, text);
    return JSON.parse(text) as JsonObject;
  }

  #exchange(method: string, path: string, body: string): Promise<{ status: number; text: string }> {
    const { endpoint, username, password, ca } = this.#connection;
    const request = endpoint.protocol === 'https:' ? requestHttps : requestHttp;
    return new Promise((resolve, reject) => {
      const sent = request(new URL(path, endpoint), {
        method,
        auth: `${username}:${password}`,
        headers:
          body === ''
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
        signal: AbortSignal.timeout(RESPONSE_TIMEOUT_MS),
        ...(ca !== undefined && { ca }),
      });
      sent.once('error', reject);
      sent.once('response', (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('error', reject);
        response.once('end', () =>
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
        );
      });
      sent.end(body);
    });
  }
}
