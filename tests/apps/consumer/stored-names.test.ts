import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  decisionKey,
  printDecision,
  readDecision,
  type Decision,
} from '../../../apps/consumer/chain/decisions.ts';
import { printLayout } from '../../../apps/consumer/object/layout.ts';
import {
  ClosedChainError,
  closingMetadata,
  readSegmentEnd,
  segmentMetadata,
} from '../../../apps/consumer/object/segment.ts';
import { CHAIN } from './stand-ins.ts';

// Text as earlier versions have stored it. A change here is a change of the format in every bucket.

test('the metadata of a segment keep their names', () => {
  const segment = {
    start: 3,
    end: 10,
    count: 2,
    first: { offset: 8, timestamp: 1_700_000_000_000n },
    last: { offset: 9, timestamp: 1_700_000_000_001n },
    gap: { from: 3, to: 8 },
    leaderEpoch: 4,
  };
  const stored = {
    end: '10',
    count: '2',
    'first-offset': '8',
    'first-timestamp': '1700000000000',
    'last-offset': '9',
    'last-timestamp': '1700000000001',
    'leader-epoch': '4',
    writer: 'consumer-0-1f',
    gap: '3-8',
  };
  assert.deepEqual(segmentMetadata(segment, 'consumer-0-1f'), stored);
  assert.deepEqual(readSegmentEnd('key', 3, stored), { end: 10, leaderEpoch: 4, writer: 'consumer-0-1f' });
});

test('the object that closes a chain keeps its metadata', () => {
  const stored = { end: '10', count: '0', 'leader-epoch': '4', writer: 'w', 'continued-by': 'q' };
  assert.deepEqual(closingMetadata({ offset: 10, leaderEpoch: 4 }, 'q', 'w'), stored);
  assert.throws(() => readSegmentEnd('key', 10, stored), ClosedChainError);
});

test('a layout keeps its text', () => {
  const text = '{"format":"ndjson","codec":"gzip","version":1,"delivery":"at-least-once","continues":"p"}';
  const layout = printLayout({ codec: 'gzip', delivery: 'at-least-once', continues: 'p' });
  assert.equal(layout.toString(), text);
});

test('a decision keeps its key and its text, with the names of the reasons', () => {
  const key = `p/_releases/t/${CHAIN.topicId}/0/00000000000000000010.json`;
  assert.equal(decisionKey('p', CHAIN, 10), key);
  const stored: readonly (readonly [string, Decision])[] = [
    ['{"accepts":"bad-link","at":10,"end":12}', { accepts: 'bad-segment', at: 10, end: 12 }],
    [
      '{"accepts":"truncated-log","at":10,"leaderEpoch":5}',
      { accepts: 'truncated-log', at: 10, leaderEpoch: 5 },
    ],
    ['{"accepts":"unreadable-batch","at":10,"end":12}', { accepts: 'unreadable-batch', at: 10, end: 12 }],
  ];
  for (const [text, decision] of stored) {
    assert.equal(printDecision(decision).toString(), text);
    assert.deepEqual(readDecision(Buffer.from(text), { reason: decision.accepts, at: 10 }), decision);
  }
});

test('a decision about another stop, or without an end above its start, is none', () => {
  const stop = { reason: 'bad-segment', at: 10 } as const;
  for (const text of [
    '{"accepts":"bad-segment","at":10,"end":12}',
    '{"accepts":"bad-link","at":11,"end":12}',
    '{"accepts":"bad-link","at":10,"end":10}',
    '{"accepts":"unreadable-batch","at":10,"end":12}',
    'null',
    '{',
  ]) {
    assert.equal(readDecision(Buffer.from(text), stop), undefined, text);
  }
});
