import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LineEncoder } from '../../../../apps/consumer/object/line-encoder.ts';
import { recordHeaders } from '../../../../apps/producer/http/request.ts';
import { Findings } from '../../../../infra/local/trace/findings.ts';
import { renderTrace } from '../../../../infra/local/trace/render.ts';
import type { Trace } from '../../../../infra/local/trace/trace.ts';
import { readOrigin, requestText } from '../../../../infra/local/verify/envelope.ts';

function lineOf(id: string, value: string): Buffer {
  const headers = [...recordHeaders(id, Buffer.from('application/json'))].map(([name, bytes]) => ({
    name,
    value: bytes,
  }));
  const record = { offset: 7, timestamp: 5n, key: null, value: Buffer.from(value), headers };
  return Buffer.concat([...new LineEncoder().encode(record).pieces]).subarray(0, -1);
}

test('the line of a record has the text that is looked for, and says its request', () => {
  for (const id of ['a', 'up-7f"\\/#1', '~'.repeat(128)]) {
    assert.ok(lineOf(id, '1').includes(requestText(id)));
    assert.partialDeepStrictEqual(readOrigin(lineOf(id, '1')), { offset: 7, timestamp: 5n, id });
  }
});

test('an event whose value has the text of another request is not of that request', () => {
  const line = lineOf('mine', JSON.stringify([['request-id', Buffer.from('other').toString('base64')]]));
  assert.ok(line.includes(requestText('other')));
  assert.equal(readOrigin(line).id, 'mine');
});

const wanted = { requestId: 'a', line: undefined, topic: 'events', since: 0 };
const place = { topicId: 'T', partition: 0, offset: 3, timestamp: 5 };
const stored = { ...place, object: { key: 'k', line: 1 } };

test('a record that the consumer stores during the search is one event, stored', () => {
  const findings = new Findings(wanted);
  findings.add({ id: 'a', line: undefined }, place);
  findings.add({ id: 'a', line: undefined }, stored);
  assert.deepEqual(findings.places, [stored]);
});

test('lines of a batch are in their order, and one is chosen by its number', () => {
  const all = new Findings(wanted);
  const one = new Findings({ ...wanted, line: 10 });
  for (const [offset, line] of ['10', '9', undefined].entries()) {
    for (const findings of [all, one]) findings.add({ id: 'a', line }, { ...stored, offset });
  }
  all.add({ id: 'a#9', line: undefined }, { ...stored, offset: 9 });
  assert.deepEqual(
    all.places.map(({ line }) => line),
    [undefined, 9, 10],
  );
  assert.deepEqual(
    one.places.map(({ offset }) => offset),
    [0],
  );
});

test('a batch beyond 10,000 lines is counted, not kept', () => {
  const findings = new Findings(wanted);
  for (let offset = 0; offset < 10_002; offset += 1)
    findings.add({ id: 'a', line: '1' }, { ...stored, offset });
  assert.equal(findings.places.length, 10_000);
  assert.equal(findings.omitted, 2);
});

const found: Trace = {
  requestId: 'a',
  topic: 'events',
  since: '2026-01-01T00:00:00.000Z',
  until: '2026-01-01T01:00:00.000Z',
  answer: 'found',
  events: [
    { line: 9, ...stored },
    { line: 10, ...place },
  ],
  omitted: 0,
  looked: { chains: 6, objects: 12, skippedObjects: 6, unstoredRecords: 4 },
  unknown: [],
};

test('the answer for people has a row for each event, aligned', () => {
  assert.equal(
    renderTrace(found),
    `request a, topic events
from 2026-01-01T00:00:00.000Z to 2026-01-01T01:00:00.000Z: 12 objects of 6 chains read, 6 older ones not; 4 records in Kafka that were not stored

line  partition  offset  received                  where
   9          0       3  1970-01-01T00:00:00.005Z  k line 1
  10          0       3  1970-01-01T00:00:00.005Z  accepted, not stored yet
`,
  );
});

test('without an event it says what that means, and what was not looked at', () => {
  const none = { ...found, events: [] };
  assert.match(
    renderTrace({ ...none, answer: 'not-accepted' }),
    /\nnot found: no producer has accepted it in this time\n/,
  );
  assert.match(
    renderTrace({ ...none, answer: 'undecided', unknown: ['Kafka was not looked at'] }),
    /\nnot found, but not everything could be looked at:\n {2}Kafka was not looked at\n$/,
  );
});
