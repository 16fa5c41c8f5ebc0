import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { renderPage } from './render-html.ts';
import type { StatusReport } from './report.ts';

const RUNBOOKS = new URL('../../../docs/runbooks/', import.meta.url);
const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; img-src data:",
  'x-content-type-options': 'nosniff',
};

export interface StatusServer {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves the page at `/`, the report at `/status.json` and the runbooks, on loopback alone. It only reads, and answers only
 * requests to its own address: another site in the same browser cannot read it by a name that leads here.
 *
 * @param port 0 for any free one. @throws if the port is taken
 */
export async function serveStatus(collect: () => Promise<StatusReport>, port: number): Promise<StatusServer> {
  const server = createServer((request, response) => {
    void respond(request, response, collect).catch((error: unknown) => {
      send(response, 500, 'text/plain; charset=utf-8', `${String(error)}\n`);
    });
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${bound}/`,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function respond(
  { method, url = '', headers, socket }: IncomingMessage,
  response: ServerResponse,
  collect: () => Promise<StatusReport>,
): Promise<void> {
  const text = 'text/plain; charset=utf-8';
  const names = [`127.0.0.1:${socket.localPort ?? 0}`, `localhost:${socket.localPort ?? 0}`];
  if (!names.includes(headers.host ?? '')) {
    send(response, 421, text, `ask http://${names[0] ?? ''}/\n`);
  } else if (method !== 'GET' && method !== 'HEAD') {
    send(response, 405, text, 'this page only reads: GET\n');
  } else if (url === '/') {
    send(response, 200, 'text/html; charset=utf-8', renderPage(await collect()));
  } else if (url === '/status.json') {
    send(
      response,
      200,
      'application/json',
      `${JSON.stringify({ ...(await collect()), samples: undefined })}\n`,
    );
  } else {
    const [, name] = /^\/runbooks\/([A-Za-z]+\.md)$/.exec(url) ?? [];
    const runbook =
      name === undefined ? undefined : await readFile(new URL(name, RUNBOOKS)).catch(() => undefined);
    if (runbook === undefined) send(response, 404, text, 'there are /, /status.json and /runbooks/NAME.md\n');
    else send(response, 200, text, runbook);
  }
}

function send(response: ServerResponse, status: number, type: string, body: string | Buffer): void {
  response.writeHead(status, { ...HEADERS, 'content-type': type }).end(body);
}
