import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Note {
  readonly id: number;
  readonly body: string;
  readonly system: boolean;
  readonly author: { readonly id: number };
}

/**
 * Stands in for GitLab's API, as far as notes of a merge request need it; no GitLab is to be had from a package registry. It
 * refuses as the documentation says: 401 without the token, 404 elsewhere, 400 without a body or with one that is too long, 403
 * where a note of another user is edited.
 *
 * @see https://docs.gitlab.com/api/notes/
 */
export class GitLabStandIn {
  static readonly TOKEN = 'glpat-x';
  static readonly USER = 42;
  static readonly HEAD = 'a'.repeat(40);
  notes: Note[] = [];
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => {
      request.setEncoding('utf8');
      let body = '';
      request.on('data', (part: string) => (body += part));
      request.on('end', () => {
        const isKnown = request.headers['private-token'] === GitLabStandIn.TOKEN;
        const url = new URL(request.url ?? '', 'http://host');
        const [status, answer] = isKnown
          ? this.#answer(request.method ?? '', url, body)
          : ([401, { message: '401 Unauthorized' }] as const);
        response.statusCode = status;
        response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
      });
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/api/v4`;
  }

  close(): void {
    this.#server.close();
  }

  #answer(method: string, { pathname, searchParams }: URL, text: string): readonly [number, unknown] {
    const path = pathname.replace('/api/v4/', '');
    if (method === 'GET' && path === 'user') return [200, { id: GitLabStandIn.USER }];
    const [, rest] = /^projects\/7\/merge_requests\/3(.*)$/.exec(path) ?? [];
    if (rest === undefined) return [404, { message: '404 Not found' }];
    if (method === 'GET' && rest === '') return [200, { sha: GitLabStandIn.HEAD }];
    if (method === 'GET' && rest === '/notes') {
      const size = Math.min(100, Number(searchParams.get('per_page') ?? 20));
      const page = Number(searchParams.get('page') ?? 1);
      return [200, this.notes.slice((page - 1) * size, page * size)];
    }
    const { body = '' } = JSON.parse(text) as { readonly body?: string };
    if (body === '' || body.length > 1_000_000)
      return [400, { message: '400 Bad request - Note is invalid' }];
    if (method === 'POST' && rest === '/notes') {
      const note = { id: 1000 + this.notes.length, body, system: false, author: { id: GitLabStandIn.USER } };
      this.notes.push(note);
      return [201, note];
    }
    const [, id] = /^\/notes\/(\d+)$/.exec(rest) ?? [];
    const at = this.notes.findIndex((note) => note.id === Number(id));
    const known = this.notes[at];
    if (method !== 'PUT' || known === undefined) return [404, { message: '404 Not found' }];
    if (known.author.id !== GitLabStandIn.USER) return [403, { message: '403 Forbidden' }];
    this.notes[at] = { ...known, body };
    return [200, this.notes[at]];
  }
}
