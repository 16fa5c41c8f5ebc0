import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Attempt } from '../../../../infra/local/verify/attempts.ts';
import type { ViolationName } from '../../../../infra/local/verify/findings.ts';
import type { Segment } from '../../../../infra/local/verify/segment.ts';
import {
  accepted,
  ledger,
  segment,
  SENT,
  TOPIC_ID,
  violations,
  WHOLE,
  type SegmentOutline,
} from './content.ts';

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
