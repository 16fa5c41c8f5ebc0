import assert from 'node:assert/strict';
import test from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { MemoryAccount } from '../../../apps/service/memory/memory-account.ts';
import { listen, startApp, type AppUnderTest } from './app-under-test.ts';
import { RawClient } from './raw-client.ts';

const PIECES = 150_000;
/** A Buffer for each piece takes 60 MB. */
const MOST_BYTES = 12_000_000;
const ONE_BYTE = '1\r\n1\r\n';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** What is alive: in V8's heap, and in buffers outside of it. */
function liveBytes(): number {
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

const options = {
  maxBodyBytes: 1_000_000,
  budget: new MemoryAccount({ bytes: 50_000_000, records: 100_000 }),
  requestTimeoutMs: 60_000,
};

const head = (path: string, type: string) =>
  `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: ${type}\r\nTransfer-Encoding: chunked\r\n\r\n`;

for (const [what, start] of [
  ['a body', head('/upload', 'text/plain')],
  ['a line', head('/upload/batch', 'application/x-ndjson')],
  ['a body that is refused', head('/nowhere', 'text/plain')],
] as const) {
  test(`${what} in pieces of one byte takes little more than its bytes`, async (t) => {
    const { app } = await startApp(t, options);
    await listen(app);
    const client = await RawClient.open(t, app);
    await client.send(start);
    const before = liveBytes();
    await client.send(ONE_BYTE.repeat(PIECES));
    const taken = liveBytes() - before;
    t.diagnostic(`${(taken / 1e6).toFixed(1)} MB for ${PIECES} pieces`);
    assert.ok(taken < MOST_BYTES, `${taken} bytes are kept`);
  });
}

test('a body in pieces of one byte is stored as it was sent, and counts against the budget until it is', async (t) => {
  const under = await startApp(t, options);
  await listen(under.app);
  const client = await RawClient.open(t, under.app);
  await client.send(head('/upload', 'text/plain'), ONE_BYTE.repeat(10_000));
  await client.until(() => under.budget.bytes >= 10_000, 'counted');
  assert.ok(under.budget.bytes <= 2 * 10_000);
  await client.send('0\r\n\r\n');
  assert.match(await client.answered(), /^HTTP\/1\.1 201 /);
  assert.deepEqual(under.recordLog.records[0]?.value, Buffer.alloc(10_000, '1'));
  assert.equal(under.budget.bytes, 0);
});

test('the beginnings of lines count against the budget, and one without room is refused when its patience ends', async (t) => {
  const budget = new MemoryAccount({ bytes: 10_000, records: 10 });
  const { app } = await startApp(t, { budget, patienceMs: 200, maxBodyBytes: 9_000 });
  await listen(app);
  const begun = `1\n"${'x'.repeat(5_999)}`;
  const start = head('/upload/batch', 'application/x-ndjson');
  const [first, second] = [await RawClient.open(t, app), await RawClient.open(t, app)];
  await first.send(start, `${begun.length.toString(16)}\r\n${begun}\r\n`);
  await first.until(() => budget.bytes >= 6_000, 'the first line kept');
  await second.send(start, `${begun.length.toString(16)}\r\n${begun}\r\n`, '3\r\n"\n2\r\n0\r\n\r\n');
  await second.until(() => second.text.endsWith('0\r\n\r\n'), 'the second answered');
  assert.match(second.text, /"line":2,"status":503,"error":\{"code":"queue_full"/);
  assert.match(second.text, /"line":3,"status":201/);
  assert.ok(budget.bytes <= 9_001);
  await first.send('3\r\n"\n2\r\n0\r\n\r\n');
  await first.until(() => first.text.endsWith('0\r\n\r\n'), 'the first answered');
  assert.match(first.text, /"done":true,"stored":3,"failed":0/);
  assert.equal(budget.bytes, 0);
});

/** An upload whose queue is full takes no more of its body. */
async function holdBack(t: Parameters<typeof startApp>[0]): Promise<AppUnderTest> {
  const under = await startApp(t, {
    ...options,
    budget: new MemoryAccount({ bytes: 1_000_000, records: 10 }),
    patienceMs: 60_000,
  });
  under.budget.take(0, 10);
  await listen(under.app);
  return under;
}

test('a batch that is held back keeps little of what comes in pieces of one byte', async (t) => {
  const { app } = await holdBack(t);
  const client = await RawClient.open(t, app);
  const before = liveBytes();
  client.socket.write(head('/upload/batch', 'application/x-ndjson'));
  client.socket.write('1\r\n1\r\n1\r\n\n\r\n'.repeat(PIECES / 2));
  await client.until(() => client.accepted.isPaused() && client.accepted.readableLength > 0, 'held back');
  // What the client has to send is kept in this process too.
  const taken = liveBytes() - before - client.socket.writableLength;
  t.diagnostic(`${(taken / 1e6).toFixed(1)} MB`);
  assert.ok(taken < MOST_BYTES, `${taken} bytes are kept`);
  assert.ok(client.accepted.bytesRead < 400_000, `${client.accepted.bytesRead} bytes were read`);
});
