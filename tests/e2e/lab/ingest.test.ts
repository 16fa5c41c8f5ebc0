import assert from 'node:assert/strict';
import { request as requestByHttp } from 'node:http';
import { request } from 'node:https';
import { test } from 'node:test';
import { lab } from '../../../infra/environments/lab.ts';
import { toBytes } from '../../../infra/environments/quantities.ts';
import { FORWARDS } from '../../lab/place.ts';
import { EDGE, newSender, sample, verifyWhenStored } from './lab-under-test.ts';

const EVENTS = 5_000;

test('every event sent through the ingress is stored exactly once', { timeout: 240_000 }, async (t) => {
  const sender = newSender(t.signal);
  const began = performance.now();
  await sender.send(sample(EVENTS));
  const sentMs = performance.now() - began;
  assert.equal(sender.failed, 0, sender.failure);
  assert.equal(sender.accepted, EVENTS);
  const verification = await verifyWhenStored(sender.ledger, 120_000);
  const { missing, duplicate, gaps, overlaps, violations } = verification;
  assert.deepEqual(
    { missing, duplicate, gaps, overlaps, violations },
    { missing: 0, duplicate: 0, gaps: 0, overlaps: 0, violations: [] },
  );
  assert.ok(verification.stored >= EVENTS);
  const seconds = (ms: number): string => (ms / 1_000).toFixed(1);
  t.diagnostic(
    `${EVENTS} events accepted in ${seconds(sentMs)} s, stored after ${seconds(performance.now() - began)} s in ${verification.objects} objects`,
  );
});

test('a body of the limit passes the ingress and the broker, and one byte more is refused', async () => {
  const limit = toBytes(lab.producer.maxBody);
  assert.equal(await post(body(limit)), 201);
  assert.equal(await post(body(limit + 1)), 413);
});

test('the ingress sends plain HTTP away, and another host nowhere', async () => {
  const [plain] = FORWARDS;
  const status = await new Promise<[number | undefined, string | undefined]>((resolve, reject) => {
    const asked = requestByHttp(
      { host: '127.0.0.1', port: plain.from, path: '/upload', method: 'POST', headers: { host: EDGE.host } },
      (response) => {
        response.resume();
        resolve([response.statusCode, response.headers.location]);
      },
    );
    asked.once('error', reject);
    asked.end('{}');
  });
  assert.ok([301, 307, 308].includes(status[0] ?? 0), `got ${String(status[0])}`);
  assert.equal(status[1], `https://${EDGE.host}/upload`);
  assert.equal(await post(Buffer.from('{}'), 'elsewhere.example.com'), 404);
});

/** A JSON text of so many bytes. */
function body(bytes: number): Buffer {
  return Buffer.from(`"${'x'.repeat(bytes - 2)}"`);
}

function post(content: Buffer, host: string = EDGE.host): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asked = request(
      `${EDGE.endpoint}/upload`,
      {
        method: 'POST',
        agent: false,
        ca: EDGE.authority,
        servername: EDGE.host,
        headers: { host, 'content-type': 'application/json', 'content-length': content.length },
      },
      (response) => {
        response.resume();
        resolve(response.statusCode);
      },
    );
    asked.once('error', reject);
    asked.end(content);
  });
}
