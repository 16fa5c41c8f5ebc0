import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import test from 'node:test';
import { readRequestHead } from '../../../../apps/producer/http/fast-path/request-head.ts';
import { Chance } from '../chance.ts';

const MUTANTS = 30_000;
const AT_LEAST_PLAIN = 1_000;

/** What Node's parser makes of a request. */
interface Read {
  readonly bodyBytes: number;
  readonly contentType: string | undefined;
  readonly eventKey: string | undefined;
  readonly requestId: string | undefined;
  readonly authorization: string | undefined;
  readonly source: string | undefined;
}

test('what is read as plain is read alike by Node, in requests that were damaged at random', async (t) => {
  const seed = Number(process.env['FUZZ_SEED'] ?? 20261127);
  t.diagnostic(`FUZZ_SEED=${seed}`);
  const chance = new Chance(seed);
  let read: Read | undefined;
  const server = createServer({ requireHostHeader: false }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method, url, httpVersion, headers } = request;
      assert.deepEqual([method, url, httpVersion], ['POST', '/upload', '1.1']);
      read = {
        bodyBytes: Buffer.concat(chunks).length,
        contentType: headers['content-type'],
        eventKey: headers['x-event-key']?.toString(),
        requestId: headers['x-request-id']?.toString(),
        authorization: headers.authorization,
        source: headers['x-source']?.toString(),
      };
      response.end();
    });
  });
  t.after(() => server.close().closeAllConnections());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').setNoDelay(true);
  await once(socket, 'connect');
  let plain = 0;
  for (let count = 0; count < MUTANTS; count++) {
    const request = chance.mutate(plainRequest(chance));
    const head = readRequestHead(request);
    if (head === undefined) continue;
    plain++;
    read = undefined;
    socket.write(request);
    // What Node refuses closes the connection, and so does a rest that it takes for another request.
    const [answer] = (await once(socket, 'data')) as [Buffer];
    const { bytes, ...values } = head;
    assert.match(answer.toString('latin1'), /^HTTP\/1\.1 200 OK\r\n/, request.toString('latin1'));
    assert.deepEqual(read, values, request.toString('latin1'));
    assert.equal(bytes + head.bodyBytes, request.length);
  }
  t.diagnostic(`${plain} of ${MUTANTS} were plain`);
  assert.ok(plain >= AT_LEAST_PLAIN);
});

function plainRequest(chance: Chance): Buffer {
  const body = chance.bytes(12).toString('latin1');
  const lines = [
    'Host: x',
    `Content-Length: ${body.length}`,
    'Content-Type: text/plain',
    `X-Event-Key:${chance.pick(['', ' ', '\t'])}${chance.headerText(6)}`,
    `X-Request-Id: ${chance.headerText(6)} `,
    `Authorization: Bearer ${chance.headerText(6)}`,
    `X-Source: ${chance.headerText(4)}`,
    `X-Other: ${chance.headerText(60)}`,
    chance.pick(['Connection: keep-alive', 'Connection: close', 'Transfer-Encoding: chunked', 'Accept: */*']),
  ];
  return Buffer.from(`POST /upload HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body}`, 'latin1');
}
