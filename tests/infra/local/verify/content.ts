import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { verifyContent, type Evidence } from '../../../../infra/local/verify.ts';
import {
  parseKey,
  parseMetadata,
  type Segment,
  type StoreContent,
} from '../../../../infra/local/verify/segment.ts';
import type { Attempt } from '../../../../infra/local/verify/attempts.ts';

export const TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAA';

/** One object as a test describes it: from `start`, one record an offset, unless said otherwise. */
export interface SegmentOutline {
  readonly start: number;
  readonly end: number;
  readonly partition?: number;
  readonly prefix?: string;
  /** @default every offset from start to end */
  readonly offsets?: readonly number[];
  /** Laid over what the rest says. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Metadata that the object lacks. */
  readonly without?: readonly string[];
  /** Bytes of the record at an offset. @default the attempt's id */
  readonly value?: (offset: number) => string;
  /** @default `run-<partition>-<offset>` */
  readonly attempt?: (offset: number) => string;
  /** Part of the key after the start: `-<end>-<writer>` in at-least-once delivery. @default '' */
  readonly keySuffix?: string;
}

export function segment(outline: SegmentOutline): Segment {
  const { start, end, partition = 0, prefix = 'events', keySuffix = '' } = outline;
  const { offsets = Array.from({ length: end - start }, (_, index) => start + index) } = outline;
  const { attempt = (offset) => `run-${partition}-${offset}`, value = attempt } = outline;
  const topic = `${prefix}/uploads/${TOPIC_ID}`;
  const key = parseKey(`${topic}/${partition}/${String(start).padStart(20, '0')}${keySuffix}.ndjson`);
  if (key === undefined) throw new Error('the outline makes no valid key');
  const records = offsets.map((offset) => ({
    offset,
    timestamp: BigInt(1_000 + offset),
    attempt: attempt(offset),
    sha256: hash('sha256', value(offset)),
  }));
  const said: Record<string, string> = {
    end: String(end),
    count: String(offsets.length),
    'first-offset': String(offsets[0]),
    'last-offset': String(offsets.at(-1)),
    'first-timestamp': String(1_000 + (offsets[0] ?? 0)),
    'last-timestamp': String(1_000 + (offsets.at(-1) ?? 0)),
    'leader-epoch': '0',
    writer: 'consumer-0',
    ...outline.metadata,
  };
  const metadata = Object.fromEntries(
    Object.entries(said).filter(([name]) => outline.without?.includes(name) !== true),
  );
  return { ...key, metadata: parseMetadata(key, metadata), records };
}

export interface ContentOutline {
  /** By prefix, the one it continues. */
  readonly continues?: Readonly<Record<string, string>>;
  /** By key of a segment, the end that somebody has decided. */
  readonly released?: Readonly<Record<string, number>>;
}

/** A store that holds these segments in this order. */
export function content(
  segments: readonly Segment[],
  { continues, released }: ContentOutline = {},
): StoreContent {
  return {
    foreign: 0,
    async *segments() {
      await Promise.resolve();
      yield* segments;
    },
    layout: (prefix) => {
      const continued = continues?.[prefix];
      return Promise.resolve({
        extension: '.ndjson',
        ...(continued === undefined ? {} : { continues: continued }),
      });
    },
    decidedEnd: ({ key }) => Promise.resolve(released?.[key]),
  };
}

/** The attempt that {@link segment} stores at this place, accepted there. */
export function accepted(partition: number, offset: number): Attempt {
  const id = `run-${partition}-${offset}`;
  return { id, outcome: 'accepted', sha256: hash('sha256', id), partition, offset };
}

/** Two partitions without a defect. */
export const WHOLE: readonly SegmentOutline[] = [
  { start: 0, end: 3 },
  { start: 3, end: 5 },
  { start: 0, end: 4, partition: 1 },
];

/** The attempts that {@link WHOLE} stores. */
export const SENT: readonly Attempt[] = [
  ...[0, 1, 2, 3, 4].map((offset) => accepted(0, offset)),
  ...[0, 1, 2, 3].map((offset) => accepted(1, offset)),
];

export function ledger(...attempts: readonly Attempt[]): Evidence {
  return { ledger: { requestIdPrefix: 'run-', attempts } };
}

/** Names of the violations that the content shows, each with its invariant. */
export async function violations(
  segments: readonly Segment[],
  evidence: Evidence = ledger(...SENT),
): Promise<string[]> {
  const { ok, violations: found } = await verifyContent(content(segments), evidence);
  assert.equal(ok, found.length === 0);
  return found.map(({ invariant, name }) => `${invariant} ${name}`);
}
