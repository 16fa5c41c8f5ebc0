/** Compression of the objects of a prefix. */
export type Codec = 'none' | 'gzip' | 'zstd';

/** `at-least-once` is for a store without conditional writes: two objects may then hold the same record. */
export type Delivery = 'exactly-once' | 'at-least-once';

/** Offsets that no object holds because they could not be read: `from` inclusive, `to` exclusive. */
export interface Gap {
  readonly from: number;
  readonly to: number;
}

export interface RecordPosition {
  readonly offset: number;
  /** Milliseconds since the epoch, or any other 64-bit number that a producer has sent. */
  readonly timestamp: bigint;
}

/** A segment without its records. */
export interface SegmentSummary {
  readonly start: number;
  /** Exclusive: where the next segment starts, which is the next offset to fetch. */
  readonly end: number;
  readonly count: number;
  readonly first: RecordPosition | undefined;
  readonly last: RecordPosition | undefined;
  readonly gap: Gap | undefined;
  /** Of the last batch up to `end`; -1 while none was read. */
  readonly leaderEpoch: number;
}

/** Which chain: one partition of one incarnation of a topic. */
export interface ChainId {
  readonly topic: string;
  /** As Kafka's tools print it: 22 characters of base64url. */
  readonly topicId: string;
  readonly partition: number;
}

/** The end of a segment, from the metadata of its object. */
export interface SegmentEnd {
  readonly end: number;
  /** -1 where unknown. */
  readonly leaderEpoch: number;
  readonly writer: string;
}

const EXTENSIONS: Readonly<Record<Codec, string>> = {
  none: '.ndjson',
  gzip: '.ndjson.gz',
  zstd: '.ndjson.zst',
};

/** Content types of the compressed bytes. A `Content-Encoding` would make some readers decompress them unasked. */
const CONTENT_TYPES: Readonly<Record<Codec, string>> = {
  none: 'application/x-ndjson',
  gzip: 'application/gzip',
  zstd: 'application/zstd',
};

const OFFSET_DIGITS = 20;

export function isCodec(value: unknown): value is Codec {
  return typeof value === 'string' && value in EXTENSIONS;
}

export function isDelivery(value: unknown): value is Delivery {
  return value === 'exactly-once' || value === 'at-least-once';
}

export function contentType(codec: Codec): string {
  return CONTENT_TYPES[codec];
}

/** The folder of a chain's objects, ending in a slash. */
export function chainPrefix(prefix: string, { topic, topicId, partition }: ChainId): string {
  return `${prefix === '' ? '' : `${prefix}/`}${topic}/${topicId}/${partition}/`;
}

/** An offset in a key, padded with zeros: keys sort as offsets do. */
export function padOffset(offset: number): string {
  return String(offset).padStart(OFFSET_DIGITS, '0');
}

/** The keys of the objects of a chain. */
export class SegmentKeys {
  readonly folder: string;
  readonly #extension: string;
  readonly #delivery: Delivery;
  readonly #pattern: RegExp;

  constructor(folder: string, codec: Codec, delivery: Delivery) {
    this.folder = folder;
    this.#extension = EXTENSIONS[codec];
    this.#delivery = delivery;
    const range = delivery === 'exactly-once' ? '' : String.raw`-(\d{1,20})-[^/]+?`;
    const extension = this.#extension.replaceAll('.', String.raw`\.`);
    this.#pattern = new RegExp(String.raw`^(\d{${OFFSET_DIGITS}})${range}${extension}$`);
  }

  /** `<start>`, or with at-least-once delivery `<start>-<end>-<writer>`, which no other writer's object has. */
  key(start: number, end: number, writer: string): string {
    const range = this.#delivery === 'exactly-once' ? '' : `-${end}-${writer}`;
    return `${this.folder}${padOffset(start)}${range}${this.#extension}`;
  }

  /**
   * @returns the start, and the end if the key contains it; `undefined` for a key that is no segment of any layout
   * @throws {BadSegmentError} for a segment of another layout: the chain contradicts its layout
   */
  parse(key: string): { readonly start: number; readonly end: number | undefined } | undefined {
    const name = key.slice(this.folder.length);
    const [, start, end] = this.#pattern.exec(name) ?? [];
    if (start === undefined) {
      if (/^\d{20}/.test(name))
        throw new BadSegmentError(key, undefined, `its name is not ${this.#pattern.source}`);
      return undefined;
    }
    return { start: Number(start), end: end === undefined ? undefined : Number(end) };
  }
}

/** User metadata (`x-amz-meta-*`) of a segment. Decimal text. */
export function segmentMetadata(segment: SegmentSummary, writer: string): Record<string, string> {
  const { end, count, first, last, gap, leaderEpoch } = segment;
  return {
    end: String(end),
    count: String(count),
    ...(first && { 'first-offset': String(first.offset), 'first-timestamp': String(first.timestamp) }),
    ...(last && { 'last-offset': String(last.offset), 'last-timestamp': String(last.timestamp) }),
    'leader-epoch': String(leaderEpoch),
    writer,
    ...(gap && { gap: `${gap.from}-${gap.to}` }),
  };
}

/** Metadata of the object that closes a chain. Read as a segment, it is invalid: its end is not above its start. */
export function closingMetadata(
  { offset, leaderEpoch }: { readonly offset: number; readonly leaderEpoch: number },
  by: string,
  writer: string,
): Record<string, string> {
  return {
    end: String(offset),
    count: '0',
    'leader-epoch': String(leaderEpoch),
    writer,
    'continued-by': by,
  };
}

/**
 * @throws {BadSegmentError} if `end` is missing, is no offset or is not above the start
 * @throws {ClosedChainError} if the object is no segment, but closes the chain
 */
export function readSegmentEnd(
  key: string,
  start: number,
  metadata: Readonly<Record<string, string>>,
): SegmentEnd {
  const epoch = metadata['leader-epoch'];
  const leaderEpoch = epoch !== undefined && /^\d{1,10}$/.test(epoch) ? Number(epoch) : -1;
  const by = metadata['continued-by'];
  if (by !== undefined) throw new ClosedChainError(key, start, leaderEpoch, by);
  const text = metadata['end'];
  const end = text !== undefined && /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!(end > start) || !Number.isSafeInteger(end)) {
    const problem = text === undefined ? 'has no end' : `has end ${JSON.stringify(text)}`;
    throw new BadSegmentError(
      key,
      start,
      `its metadata ${problem}, which must be an offset above its start ${start}`,
    );
  }
  return { end, leaderEpoch, writer: metadata['writer'] ?? '' };
}

/** The chain is closed: another prefix continues it. */
export class ClosedChainError extends Error {
  override readonly name = 'ClosedChainError';
  readonly at: number;
  readonly leaderEpoch: number;
  /** The prefix that continues it. */
  readonly by: string;

  constructor(key: string, at: number, leaderEpoch: number, by: string) {
    super(`${key}: the chain ends there, the prefix ${by} continues it`);
    this.at = at;
    this.leaderEpoch = leaderEpoch;
    this.by = by;
  }
}

/** An object of a chain whose end is unknown: the chain cannot go on after it. */
export class BadSegmentError extends Error {
  override readonly name = 'BadSegmentError';
  readonly key: string;
  /** `undefined` if its key does not contain it. */
  readonly start: number | undefined;

  constructor(key: string, start: number | undefined, problem: string) {
    super(`${key}: ${problem}`);
    this.key = key;
    this.start = start;
  }
}
