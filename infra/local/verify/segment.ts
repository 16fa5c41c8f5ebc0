/** One stored record, as an object's line tells it. */
export interface StoredRecord {
  readonly offset: number;
  /** Milliseconds since the epoch, or any other 64 bits that a producer has sent. */
  readonly timestamp: bigint;
  /** Name of the attempt that sent it; absent where no `request-id` header says. */
  readonly attempt?: string;
  /** Of the value's bytes, hexadecimal; absent for a tombstone. */
  readonly sha256?: string;
}

/** What an object's key says of it. */
export interface SegmentKey {
  readonly key: string;
  /** `''` where the store has none. */
  readonly prefix: string;
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
  readonly start: number;
  readonly extension: string;
  /** Present where delivery is at-least-once: such keys are `<start>-<end>-<writer>`. */
  readonly end?: number;
}

/** What an object's user metadata says of it, and what in it cannot be read. */
export interface SegmentMetadata {
  /** Undefined where missing, not a number, or not above the start. */
  readonly end: number | undefined;
  readonly count: number | undefined;
  /** Offsets that Kafka had deleted before they could be read: `from` inclusive, `to` exclusive. */
  readonly gap?: { readonly from: number; readonly to: number };
  readonly first?: { readonly offset: number; readonly timestamp: bigint };
  readonly last?: { readonly offset: number; readonly timestamp: bigint };
  /** The prefix that continues the chain, of the object that ends it: that is no segment, and has no record. */
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

/** What `<prefix>/_layout.json` says of all segments below a prefix. */
export interface Layout {
  readonly extension: string;
  /** Prefix that this one continues: its chains then need not begin at 0. */
  readonly continues?: string;
}

/** A store's content in the order of its keys. */
export interface StoreContent {
  /** Objects seen so far that are neither segments nor layouts. */
  readonly foreign: number;
  segments(): AsyncIterable<Segment>;
  /** @returns a prefix's layout, or why it cannot be known. */
  layout(prefix: string): Promise<Layout | string>;
  /** @returns where a segment without a valid end ends, where somebody has decided it. */
  decidedEnd(segment: SegmentKey): Promise<number | undefined>;
}

const KEY =
  /^(?:(?<prefix>.+)\/)?(?<topic>[A-Za-z0-9._-]+)\/(?<topicId>[A-Za-z0-9_-]{22})\/(?<partition>\d{1,10})\/(?<start>\d{20})(?:-(?<end>\d{1,20})-[^/]+?)?(?<extension>\.ndjson(?:\.gz|\.zst)?)$/;

/** @returns undefined for a key that is not a segment's. */
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

/** Keys that serve the segments beside them: a prefix's layout, and decisions about partitions that had stopped. */
export function isServiceKey(key: string): boolean {
  return /(?:^|\/)_layout\.json$|(?:^|\/)_releases\//.test(key);
}

/** Which chain a segment belongs to. */
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
