import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { verifyContent } from '../../../../infra/local/verify.ts';
import type { Attempt } from '../../../../infra/local/verify/attempts.ts';
import { content, ledger, segment, SENT, violations, WHOLE } from './content.ts';

describe('a whole store', () => {
  test('breaks no promise and is summed up per partition', async () => {
    const verification = await verifyContent(content(WHOLE.map(segment)), ledger(...SENT));
    const { chains, violations: found, ...figures } = verification;
    assert.deepEqual(found, []);
    assert.deepEqual(figures, {
      ok: true,
      accepted: 9,
      refused: 0,
      unknown: 0,
      stored: 9,
      storedUnknown: 0,
      missing: 0,
      duplicate: 0,
      repeated: 0,
      unidentified: 0,
      others: 0,
      objects: 3,
      foreign: 0,
      records: 9,
      gaps: 0,
      overlaps: 0,
      recordedGaps: 0,
      absent: 0,
      commitSamples: 0,
    });
    assert.deepEqual(
      chains.map(({ partition, segments, records, firstOffset, lastOffset, end }) => ({
        partition,
        segments,
        records,
        firstOffset,
        lastOffset,
        end,
      })),
      [
        { partition: 0, segments: 2, records: 5, firstOffset: 0, lastOffset: 4, end: 5 },
        { partition: 1, segments: 1, records: 4, firstOffset: 0, lastOffset: 3, end: 4 },
      ],
    );
  });

  test('may hold what was sent with unknown outcome, and what other clients sent', async () => {
    const sent = SENT.map((attempt, index): Attempt =>
      index === 0 ? { id: attempt.id, sha256: attempt.sha256, outcome: 'unknown' } : attempt,
    );
    const others = segment({ start: 4, end: 6, partition: 1, attempt: (offset) => `curl-${offset}` });
    const verification = await verifyContent(content([...WHOLE.map(segment), others]), ledger(...sent));
    assert.deepEqual(verification.violations, []);
    assert.equal(verification.storedUnknown, 1);
    assert.equal(verification.others, 2);
    assert.equal(verification.stored, 9);
  });

  test('may lack what was sent with unknown outcome or refused', async () => {
    const lost: Attempt[] = [
      { id: 'run-lost', sha256: '', outcome: 'unknown' },
      { id: 'run-refused', sha256: '', outcome: 'refused' },
    ];
    assert.deepEqual(await violations(WHOLE.map(segment), ledger(...SENT, ...lost)), []);
  });
});

test('a store whose listing is out of order is refused, not misjudged', async () => {
  const segments = [segment({ start: 3, end: 5 }), segment({ start: 0, end: 3 })];
  await assert.rejects(verifyContent(content(segments)), /is listed after 3/);
});
