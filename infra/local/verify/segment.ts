/** A stored record, from a line of an object. */
export interface StoredRecord {
  readonly offset: number;
  /** Milliseconds since the epoch, or any other 64 bits that a producer has sent. */
  readonly timestamp: bigint;
  /** Name of its attempt; absent without a `request-id` header. */
  readonly attempt?: string;
  /** Of the value's bytes, hexadecimal; absent for a tombstone. */
  readonly sha256?: string;
}

/** The parts of an object's key. */
export interface SegmentKey {
  readonly key: string;
  /** `''` without a prefix. */
  readonly prefix: string;
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
  readonly start: number;
  readonly extension: string;
  /** Present with at-least-once delivery, whose keys are `<start>-<end>-<writer>`. */
  readonly end?: number;
}

/** An object's user metadata, and the entries that cannot be parsed. */
export interface SegmentMetadata {
  /** Undefined if missing, not a number, or not above the start. */
  readonly end: number | undefined;
  readonly count: number | undefined;
  /** Offsets that Kafka had deleted before they could be read: `from` inclusive, `to` exclusive. */
  readonly gap?: { readonly from: number; readonly to: number };
  readonly first?: { readonly offset: number; readonly timestamp: bigint };
  readonly last?: { readonly offset: number; readonly timestamp: bigint };
  /** Prefix that continues the chain; only in the object that closes it, which is not a segment and has no record. */
  readonly continuedBy?: string;
  readonly defects: readonly string[];
}

/** One object: a contiguous stretch `[start, end)` of one partition. */
export interface Segment extends SegmentKey {
  readonly metadata: SegmentMetadata;
  readonly records: readonly StoredRecord[];
  /** Why its content cannot be read to the end, if it cannot. */
  readonly unreadable?: string;
}

/** The layout of all segments below a prefix, from `<prefix>/_layout.json`. */
export interface Layout {
  readonly extension: string;
  /** Prefix that this one continues: its chains need not start at 0. */
  readonly continues?: string;
}

/** A store's content in the order of its keys. */
export interface StoreContent {
  /** Objects so far that are neither segments nor layouts. */
  readonly foreign: number;
  segments(): AsyncIterable<Segment>;
  /** @returns a prefix's layout, or why it is unknown. */
  layout(prefix: string): Promise<Layout | string>;
  /** @returns the operator's decision about the end of a segment without a valid one. */
  decidedEnd(segment: SegmentKey): Promise<number | undefined>;
}

const KEY =
  /^(?:(?<prefix>.+)\/)?(?<topic>[A-Za-z0-9._-]+)\/(?<topicId>[A-Za-z0-9_-]{22})\/(?<partition>\d{1,10})\/(?<start>\d{20})(?:-(?<end>\d{1,20})-[^/]+?)?(?<extension>\.ndjson(?:\.gz|\.zst)?)$/;

/** @returns undefined if the key is not that of a segment. */
export function parseKey(key: string): SegmentKey | undefined {
  const groups = KEY.exec(key)?.groups;
  if (groups === undefined) return undefined;
  const { prefix = '', topic = '', topicId = '', partition, start, end, extension = '' } = groups;
  return {
    key,
    prefix,
    topic,
    topicId,
    partition: Number(partition),
    start: Number(start),
    extension,
    ...(end === undefined ? {} : { end: Number(end) }),
  };
}

/** Keys of other objects: layouts, and decisions about stopped partitions. */
export function isServiceKey(key: string): boolean {
  return /(?:^|\/)_layout\.json$|(?:^|\/)_releases\//.test(key);
}

/** The chain of a segment. */
export function chainOf({
  prefix,
  topic,
  topicId,
  partition,
}: Pick<SegmentKey, 'prefix' | 'topic' | 'topicId' | 'partition'>): string {
  return `${prefix === '' ? '' : `${prefix}/`}${topic}/${topicId}/${partition}`;
}

/** @param metadata user metadata with the names as S3 gives them, without `x-amz-meta-`. */
export function parseMetadata(
  { start, end: endInKey }: Pick<SegmentKey, 'start' | 'end'>,
  metadata: Readonly<Record<string, string>>,
): SegmentMetadata {
  const defects: string[] = [];
  const whole = (name: string, isRead: (value: bigint) => boolean): bigint | undefined => {
    const text = metadata[name];
    const value = text !== undefined && /^-?\d{1,20}$/.test(text) ? BigInt(text) : undefined;
    if (value !== undefined && isRead(value)) return value;
    defects.push(text === undefined ? `no ${name}` : `${name} is ${JSON.stringify(text)}`);
    return undefined;
  };
  const integer = (name: string): number | undefined => {
    const value = whole(name, (found) => Number.isSafeInteger(Number(found)));
    return value === undefined ? undefined : Number(value);
  };
  let end = integer('end');
  const continuedBy = metadata['continued-by'];
  if (end !== undefined && (continuedBy === undefined ? end <= start : end !== start)) {
    defects.push(`end ${end} is not ${continuedBy === undefined ? 'above' : 'the'} start ${start}`);
    end = undefined;
  }
  if (end !== undefined && endInKey !== undefined && end !== endInKey) {
    defects.push(`end ${end}, but ${endInKey} in the key`);
  }
  const count = integer('count');
  integer('leader-epoch');
  if (!metadata['writer']) defects.push('no writer');
  const edge = (name: 'first' | 'last'): SegmentMetadata['first'] => {
    const offset = integer(`${name}-offset`);
    const timestamp = whole(`${name}-timestamp`, (found) => found === BigInt.asIntN(64, found));
    return offset === undefined || timestamp === undefined ? undefined : { offset, timestamp };
  };
  const [first, last] = count === 0 ? [] : [edge('first'), edge('last')];
  const gap = parseGap(metadata['gap'], start, end);
  if (typeof gap === 'string') defects.push(gap);
  return {
    end,
    count,
    ...(first === undefined ? {} : { first }),
    ...(last === undefined ? {} : { last }),
    ...(gap === undefined || typeof gap === 'string' ? {} : { gap }),
    ...(continuedBy === undefined ? {} : { continuedBy }),
    defects,
  };
}

function parseGap(
  text: string | undefined,
  start: number,
  end: number | undefined,
): SegmentMetadata['gap'] | string {
  if (text === undefined) return undefined;
  const [, from, to] = /^(\d+)-(\d+)$/.exec(text) ?? [];
  const gap = { from: Number(from), to: Number(to) };
  const within = gap.from >= start && gap.from < gap.to && gap.to <= (end ?? Number.MAX_SAFE_INTEGER);
  return within ? gap : `gap is ${JSON.stringify(text)}, not within ${start}-${end ?? '?'}`;
}
