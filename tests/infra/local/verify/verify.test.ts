import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { verifyContent, type Evidence } from '../../../../infra/local/verify.ts';
import type { Attempt } from '../../../../infra/local/verify/attempts.ts';
import type { ViolationName } from '../../../../infra/local/verify/findings.ts';
import type { Segment } from '../../../../infra/local/verify/segment.ts';
import { accepted, content, segment, TOPIC_ID, type SegmentOutline } from './content.ts';

const WHOLE: readonly SegmentOutline[] = [
  { start: 0, end: 3 },
  { start: 3, end: 5 },
  { start: 0, end: 4, partition: 1 },
];

const SENT: readonly Attempt[] = [
  ...[0, 1, 2, 3, 4].map((offset) => accepted(0, offset)),
  ...[0, 1, 2, 3].map((offset) => accepted(1, offset)),
];

function ledger(...attempts: readonly Attempt[]): Evidence {
  return { ledger: { requestIdPrefix: 'run-', attempts } };
}

/** Names of the violations that the content shows, each with its invariant. */
async function violations(
  segments: readonly Segment[],
  evidence: Evidence = ledger(...SENT),
): Promise<string[]> {
  const { ok, violations: found } = await verifyContent(content(segments), evidence);
  assert.equal(ok, found.length === 0);
  return found.map(({ invariant, name }) => `${invariant} ${name}`);
}

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

const seeded: readonly {
  readonly defect: string;
  readonly segments: readonly SegmentOutline[];
  readonly sent?: readonly Attempt[];
  readonly named: readonly `${string} ${ViolationName}`[];
}[] = [
  {
    defect: 'an accepted record that is not stored',
    segments: [WHOLE[0] as SegmentOutline, { start: 3, end: 5, offsets: [4] }, WHOLE[2] as SegmentOutline],
    named: ['I1 missing'],
  },
  {
    defect: 'a record stored at another offset than its answer said',
    segments: WHOLE,
    sent: SENT.map((attempt) => (attempt.id === 'run-0-1' ? { ...attempt, offset: 2 } : attempt)),
    named: ['I1 misplaced'],
  },
  {
    defect: 'a refused record that is stored',
    segments: WHOLE,
    sent: SENT.map((attempt) => (attempt.id === 'run-0-1' ? { ...attempt, outcome: 'refused' } : attempt)),
    named: ['I2 refused-but-stored'],
  },
  {
    defect: 'a stored record that was never sent',
    segments: WHOLE,
    sent: SENT.slice(1),
    named: ['I3 never-sent'],
  },
  {
    defect: 'an altered byte',
    segments: [
      { start: 0, end: 3, value: (offset) => (offset === 1 ? 'run-0-!' : `run-0-${offset}`) },
      ...WHOLE.slice(1),
    ],
    named: ['I4 altered'],
  },
  {
    defect: 'a segment that is gone from the middle',
    segments: [
      { start: 0, end: 2 },
      { start: 3, end: 5 },
    ],
    sent: [0, 1, 3, 4].map((offset) => accepted(0, offset)),
    named: ['I5 gap'],
  },
  {
    defect: 'a segment that is gone from the beginning',
    segments: [{ start: 3, end: 5 }],
    sent: [3, 4].map((offset) => accepted(0, offset)),
    named: ['I5 gap'],
  },
  {
    defect: 'a segment that begins inside the one before it',
    segments: [
      { start: 0, end: 4, offsets: [0, 1, 2] },
      { start: 3, end: 5 },
    ],
    sent: SENT.slice(0, 5),
    named: ['I5 overlap'],
  },
  {
    defect: 'a record in two segments',
    segments: [
      { start: 0, end: 4 },
      { start: 3, end: 5 },
    ],
    sent: SENT.slice(0, 5),
    named: ['I5 duplicate-offset', 'I5 overlap', 'I7 duplicate-attempt'],
  },
  {
    defect: 'a record in a long segment and, after a short one, in a third',
    segments: [
      { start: 0, end: 10, offsets: [0, 9] },
      { start: 2, end: 3 },
      { start: 9, end: 10 },
    ],
    sent: [0, 2, 9].map((offset) => accepted(0, offset)),
    named: ['I5 duplicate-offset', 'I5 overlap', 'I7 duplicate-attempt'],
  },
  {
    defect: 'one attempt stored twice under different offsets',
    segments: [{ start: 0, end: 2, attempt: () => 'run-0-0' }],
    sent: [accepted(0, 0)],
    named: ['I7 duplicate-attempt'],
  },
  {
    defect: 'one attempt stored in two partitions',
    segments: [
      { start: 0, end: 1 },
      { start: 0, end: 1, partition: 1, attempt: () => 'run-0-0' },
    ],
    sent: [accepted(0, 0)],
    named: ['I7 duplicate-attempt'],
  },
  {
    defect: 'metadata that count one record more',
    segments: [{ start: 0, end: 3, metadata: { count: '4' } }, ...WHOLE.slice(1)],
    named: ['I5 metadata-mismatch'],
  },
  {
    defect: 'metadata whose last offset is another',
    segments: [{ start: 0, end: 3, metadata: { 'last-offset': '1' } }, ...WHOLE.slice(1)],
    named: ['I5 metadata-mismatch'],
  },
  {
    defect: 'a segment without an end',
    segments: [...WHOLE.slice(0, 1), { start: 3, end: 5, without: ['end'] }, ...WHOLE.slice(2)],
    named: ['I5 bad-end'],
  },
  {
    defect: 'a segment whose end is not above its start',
    segments: [...WHOLE.slice(0, 1), { start: 3, end: 5, metadata: { end: '3' } }, ...WHOLE.slice(2)],
    named: ['I5 bad-end'],
  },
  {
    defect: 'a record beyond the end of its segment',
    segments: [
      { start: 0, end: 2, offsets: [0, 1, 2] },
      { start: 2, end: 5, offsets: [3, 4] },
    ],
    sent: SENT.slice(0, 5),
    named: ['I5 offset-out-of-place'],
  },
  {
    defect: 'records out of order',
    segments: [{ start: 0, end: 3, offsets: [0, 2, 1] }],
    sent: SENT.slice(0, 3),
    named: ['I5 offset-out-of-place'],
  },
  {
    defect: 'a record inside a gap that Kafka is said to have deleted',
    segments: [{ start: 0, end: 3, metadata: { gap: '0-2' } }, ...WHOLE.slice(1)],
    named: ['I5 offset-out-of-place'],
  },
  {
    defect: 'a gap beyond the end of its segment',
    segments: [{ start: 0, end: 3, metadata: { gap: '3-9' } }, ...WHOLE.slice(1)],
    named: ['I5 metadata-mismatch'],
  },
];

describe('a seeded defect is named', () => {
  for (const { defect, segments, sent = SENT, named } of seeded) {
    test(defect, async () => {
      assert.deepEqual(await violations(segments.map(segment), ledger(...sent)), named);
    });
  }

  test('a committed offset ahead of the chain', async () => {
    const sample = { topicId: TOPIC_ID, partition: 0, committed: 5, chainEnd: 5 };
    const evidence = { ...ledger(...SENT), commits: [sample] };
    assert.deepEqual(await violations(WHOLE.map(segment), evidence), []);
    const early = { ...evidence, commits: [sample, { ...sample, chainEnd: 3 }] };
    assert.deepEqual(await violations(WHOLE.map(segment), early), ['I6 early-commit']);
  });

  test('a segment with another extension than its layout', async () => {
    const odd = { ...segment({ start: 3, end: 5 }), extension: '.ndjson.gz' };
    const segments = [segment({ start: 0, end: 3 }), odd];
    assert.deepEqual(await violations(segments, ledger(...SENT.slice(0, 5))), ['I5 layout-mismatch']);
  });

  test('a segment after the object that closes its chain, and one that closes elsewhere', async () => {
    const closing = (start: number, end: number): Segment =>
      segment({ start, end, offsets: [], metadata: { end: String(end), 'continued-by': 'b' } });
    const after = [segment({ start: 0, end: 3 }), closing(3, 3), segment({ start: 3, end: 5 })];
    assert.deepEqual(await violations(after, ledger(...SENT.slice(0, 5))), ['I5 after-close']);
    const late = [segment({ start: 0, end: 3 }), closing(4, 4)];
    assert.deepEqual(await violations(late, ledger(...SENT.slice(0, 3))), ['I5 gap']);
    const long = [segment({ start: 0, end: 3 }), closing(3, 4)];
    assert.deepEqual(await violations(long, ledger(...SENT.slice(0, 3))), ['I5 bad-end']);
  });

  test('content that cannot be read', async () => {
    const broken = { ...segment({ start: 0, end: 3, offsets: [0] }), unreadable: 'unexpected end of file' };
    assert.deepEqual(await violations([broken], ledger(accepted(0, 0))), ['I4 unreadable']);
  });
});

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

test('a store whose listing is out of order is refused, not misjudged', async () => {
  const segments = [segment({ start: 3, end: 5 }), segment({ start: 0, end: 3 })];
  await assert.rejects(verifyContent(content(segments)), /is listed after 3/);
});
