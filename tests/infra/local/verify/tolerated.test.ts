import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { verifyContent } from '../../../../infra/local/verify.ts';
import { content, ledger, segment, SENT, WHOLE } from './content.ts';

describe('what looks like a defect and is none', () => {
  test('a recorded gap is counted, not held against the chain', async () => {
    const segments = [
      segment({ start: 0, end: 9, offsets: [7, 8], metadata: { gap: '0-7' } }),
      segment({ start: 9, end: 10 }),
    ];
    const { violations: found, recordedGaps, absent } = await verifyContent(content(segments));
    assert.deepEqual(found, []);
    assert.equal(recordedGaps, 7);
    assert.equal(absent, 0);
  });

  test('offsets that no record has, as control records leave them, are counted as absent', async () => {
    const { violations: found, absent } = await verifyContent(
      content([segment({ start: 0, end: 5, offsets: [0, 1, 4] })]),
    );
    assert.deepEqual(found, []);
    assert.equal(absent, 2);
  });

  test('a segment that holds no record at all, only a gap', async () => {
    const without = ['first-offset', 'last-offset', 'first-timestamp', 'last-timestamp'];
    const empty = segment({ start: 0, end: 4, offsets: [], metadata: { gap: '0-4' }, without });
    assert.deepEqual((await verifyContent(content([empty]))).violations, []);
  });

  test('a segment without an end, where somebody has decided its end', async () => {
    const bad = segment({ start: 0, end: 3, without: ['end'] });
    const segments = [bad, segment({ start: 3, end: 5 })];
    assert.deepEqual((await verifyContent(content(segments, { released: { [bad.key]: 3 } }))).violations, []);
    const wrong = await verifyContent(content(segments, { released: { [bad.key]: 2 } }));
    assert.deepEqual(
      wrong.violations.map(({ name }) => name),
      ['gap', 'offset-out-of-place'],
    );
  });

  test('a chain that begins late, where the bucket expires objects', async () => {
    const late = content([segment({ start: 3, end: 5 })]);
    assert.deepEqual((await verifyContent(late, { expires: true })).violations, []);
  });

  test('a chain that begins where the prefix it continues ended, and only there', async () => {
    const before = segment({ start: 0, end: 3, prefix: 'a' });
    const found = async (start: number): Promise<readonly string[]> => {
      const segments = [before, segment({ start, end: 5, prefix: 'b', attempt: (offset) => `b-${offset}` })];
      return (await verifyContent(content(segments, { continues: { b: 'a' } }))).violations.map(
        ({ name }) => name,
      );
    };
    assert.deepEqual(await found(3), []);
    assert.deepEqual(await found(4), ['gap']);
    assert.deepEqual(await found(2), ['overlap']);
  });

  test('a chain that is closed, and the one that continues it', async () => {
    const closing = segment({ start: 3, end: 3, prefix: 'a', metadata: { 'continued-by': 'b' } });
    const segments = [
      segment({ start: 0, end: 3, prefix: 'a' }),
      closing,
      segment({ start: 3, end: 5, prefix: 'b', attempt: (offset) => `b-${offset}` }),
    ];
    const { ok, chains, absent } = await verifyContent(content(segments, { continues: { b: 'a' } }));
    assert.deepEqual([ok, absent, chains.map(({ end }) => end)], [true, 0, [3, 5]]);
  });

  test('records under one request id, as a client leaves them that sends again after a 504', async () => {
    const again = segment({ start: 0, end: 3, attempt: () => 'mine' });
    const { ok, repeated, duplicate } = await verifyContent(content([again]));
    assert.deepEqual({ ok, repeated, duplicate }, { ok: true, repeated: 2, duplicate: 0 });
    const beside = [
      ...WHOLE.map(segment),
      segment({ start: 0, end: 3, partition: 7, attempt: () => 'mine' }),
    ];
    const known = await verifyContent(content(beside), ledger(...SENT));
    assert.deepEqual([known.ok, known.others, known.repeated], [true, 3, 2]);
  });

  test('overlaps and duplicates where delivery is at-least-once', async () => {
    const segments = [
      segment({ start: 0, end: 4, keySuffix: '-4-w1' }),
      segment({ start: 3, end: 5, keySuffix: '-5-w2' }),
    ];
    const verification = await verifyContent(content(segments));
    assert.deepEqual(verification.violations, []);
    assert.equal(verification.overlaps, 1);
    assert.equal(verification.repeated, 1);
    assert.equal(verification.chains[0]?.duplicates, 1);
  });
});
