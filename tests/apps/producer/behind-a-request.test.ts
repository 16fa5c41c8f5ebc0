import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { MemoryAccount } from '../../../apps/service/memory/memory-account.ts';
import { listen, startApp, type AppUnderTest } from './app-under-test.ts';
import { Chance } from './chance.ts';
import { damages, type Stream } from './damages.ts';
import { RawClient } from './raw-client.ts';
import { readResponses, type Response } from './responses.ts';

const STREAMS = 400;
const AT_ONCE = 8;

/** An app whose records are stored a moment after they came, so that what follows them is there before. */
async function startSlow(t: TestContext): Promise<AppUnderTest> {
  const under = await startApp(t, { budget: new MemoryAccount({ bytes: 100_000_000, records: 1_000 }) });
  under.recordLog.answer = async (_record, offset) => {
    await delay(5);
    return { partition: 0, offset, timestamp: 0 };
  };
  await listen(under.app);
  return under;
}

/** Sends the pieces, ends its half, and reads until the connection is closed. */
async function send(t: TestContext, { app }: AppUnderTest, pieces: readonly Buffer[]): Promise<Response[]> {
  const client = await RawClient.open(t, app, true);
  await client.send(...pieces);
  client.socket.end();
  return readResponses(await client.closed());
}

/** How often the record of each request was stored, by request id. */
function storedIds({ recordLog }: AppUnderTest): Map<string, number> {
  const stored = new Map<string, number>();
  for (const { headers } of recordLog.records) {
    const id = Array.from(headers).find(([name]) => String(name) === 'request-id')?.[1];
    stored.set(String(id), (stored.get(String(id)) ?? 0) + 1);
  }
  return stored;
}

/** Holds what a client was told, response by response, against what was stored. @returns what it was told */
function outcomesOf({ ids, text }: Stream, responses: readonly Response[], under: AppUnderTest): unknown[] {
  const stored = storedIds(under);
  const what = `${JSON.stringify(text)} → ${JSON.stringify(responses.map(({ status, body }) => [status, body]))}`;
  for (const [index, id] of ids.entries()) {
    const response = responses[index];
    const count = stored.get(id) ?? 0;
    if (response === undefined) continue;
    if (response.status === 200) {
      assert.equal(response.body.split('"status":201').length - 1, count, `not the lines of ${id}: ${what}`);
    } else if (response.status === 201) {
      const own = response.headers.get('x-request-id') ?? '';
      // What is damaged may be an id: then others may have it too.
      assert.ok(index > 0 || own === id, `the response of another: ${what}`);
      assert.ok(own === id ? count === 1 : stored.has(own), `${own} is not stored: ${what}`);
    } else {
      assert.equal(count, 0, `${id} was refused, but is stored: ${what}`);
    }
  }
  const whole = responses.filter(({ isWhole }) => isWhole);
  assert.equal(whole.length, responses.length, `a response is cut off: ${what}`);
  return responses.map(({ status, body }) => [status, /"code":"(\w+)"/.exec(body)?.[1]]);
}

/** In one write, behind the first head, byte by byte in the end, and cut anywhere. */
function cuts(bytes: Buffer, chance: Chance): Buffer[][] {
  const headEnd = bytes.indexOf('\r\n\r\n') + 4;
  const places = Array.from({ length: 1 + chance.below(4) }, () => 1 + chance.below(bytes.length - 1));
  return [[], [headEnd], places].map((at) => {
    const all = [0, ...new Set(at.toSorted((a, b) => a - b)), bytes.length];
    return all.slice(1).map((end, index) => bytes.subarray(all[index], end));
  });
}

for (const [name, stream] of Object.entries(damages)) {
  test(`what comes behind a request changes nothing of its outcome, however it is cut: ${name}`, async (t) => {
    const chance = new Chance(11);
    const told: unknown[][] = [];
    for (const pieces of cuts(Buffer.from(stream.text, 'latin1'), chance)) {
      const under = await startSlow(t);
      told.push(outcomesOf(stream, await send(t, under, pieces), under));
    }
    for (const one of told) {
      assert.deepEqual(one, stream.mayEnd && one.length === 1 ? stream.told.slice(0, 1) : stream.told);
    }
  });
}

test(`${STREAMS} seeded streams, damaged behind their first request: the outcomes are true, and however cut the same`, async (t) => {
  const seed = Number(process.env['FUZZ_SEED'] ?? 20_261_130);
  t.diagnostic(`FUZZ_SEED=${seed}`);
  const chance = new Chance(seed);
  const under = await startSlow(t);
  let next = 0;
  let stored = 0;
  const worker = async () => {
    while (next < STREAMS) {
      const number = next++;
      const make = (cut: number) => randomStream(new Chance(seed * STREAMS + number), `${number}-${cut}`);
      const told: unknown[] = [];
      for (const [cut, pieces] of cuts(make(0).bytes, chance).entries()) {
        const { stream, bytes } = make(cut);
        const lengths = pieces.map(({ length }) => length);
        let at = 0;
        const own = lengths.map((length) => bytes.subarray(at, (at += length)));
        const responses = await send(t, under, own);
        stored += responses.filter(({ status }) => status === 201).length;
        told.push(outcomesOf(stream, responses, under));
      }
      for (const one of told) assert.deepEqual(one, told[0], JSON.stringify(make(0).stream.text));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  t.diagnostic(`${stored} responses 201`);
  assert.ok(stored > STREAMS, 'hardly anything was stored');
});

/** One to three uploads, the first of them whole, and all behind it damaged. */
function randomStream(chance: Chance, name: string): { readonly stream: Stream; readonly bytes: Buffer } {
  const ids = Array.from({ length: 2 + chance.below(2) }, (_, index) => `r-${name}-${index}`);
  const uploads = ids.map((id) => {
    const body = chance.bytes(30).toString('latin1') || 'x';
    const framing = chance.often()
      ? `Content-Length: ${body.length}\r\n\r\n${body}`
      : `Transfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
    return `POST /upload HTTP/1.1\r\nHost: x\r\nX-Request-Id: ${id}\r\n${framing}`;
  });
  const [first = '', ...others] = uploads;
  const rest = chance.mutate(Buffer.from(others.join(''), 'latin1'));
  const bytes = Buffer.concat([Buffer.from(first, 'latin1'), rest]);
  return { stream: { ids, text: bytes.toString('latin1'), told: [] }, bytes };
}
