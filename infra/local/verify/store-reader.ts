import { Readable } from 'node:stream';
import { GetObjectCommand, NoSuchKey, paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3';
import { readEnvelope } from './envelope.ts';
import { decodeContent, isContentError, readLines } from './segment-content.ts';
import { chainOf, isServiceKey, parseKey, parseMetadata } from './segment.ts';
import type { Layout, Segment, SegmentKey, StoreContent, StoredRecord } from './segment.ts';

/** Number of concurrent reads: enough to hide the store's latency, few enough to bound memory. */
const READ_AHEAD = 16;

/** A bucket, or its part below a prefix. */
export interface StoreLocation {
  readonly bucket: string;
  /** Without slashes at either end; `''` for the whole bucket. */
  readonly prefix: string;
}

const EXTENSIONS: Readonly<Record<string, string>> = {
  none: '.ndjson',
  gzip: '.ndjson.gz',
  zstd: '.ndjson.zst',
};

/** Reads a bucket one page of keys at a time, and the segments' content ahead of its consumer. */
export class StoreReader implements StoreContent {
  readonly #client: S3Client;
  readonly #location: StoreLocation;
  #foreign = 0;

  constructor(client: S3Client, location: StoreLocation) {
    this.#client = client;
    this.#location = location;
  }

  get foreign(): number {
    return this.#foreign;
  }

  /** Throws errors of the store; content that cannot be read becomes an error of the segment. */
  async *segments(): AsyncGenerator<Segment> {
    const pending: Promise<Segment>[] = [];
    for await (const key of this.#keys()) {
      const reading = this.#read(key);
      // Awaited below; until then this handles the rejection.
      reading.catch(() => undefined);
      pending.push(reading);
      if (pending.length < READ_AHEAD) continue;
      const next = pending.shift();
      if (next !== undefined) yield await next;
    }
    for (const reading of pending) yield await reading;
  }

  async layout(prefix: string): Promise<Layout | string> {
    const key = prefix === '' ? '_layout.json' : `${prefix}/_layout.json`;
    const text = await this.#text(key);
    return text === undefined ? `no ${key}` : parseLayout(key, text);
  }

  async decidedEnd({ prefix, topic, topicId, partition, start }: SegmentKey): Promise<number | undefined> {
    const chain = chainOf({
      prefix: prefix === '' ? '_releases' : `${prefix}/_releases`,
      topic,
      topicId,
      partition,
    });
    const text = await this.#text(`${chain}/${String(start).padStart(20, '0')}.json`);
    if (text === undefined) return undefined;
    const { accepts, end } = parseObject(text);
    return accepts === 'bad-link' && typeof end === 'number' && end > start ? end : undefined;
  }

  /** @returns undefined if the object does not exist. */
  async #text(key: string): Promise<string | undefined> {
    try {
      const { bucket } = this.#location;
      const { Body } = await this.#client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      return await Body?.transformToString();
    } catch (error) {
      if (error instanceof NoSuchKey) return undefined;
      throw error;
    }
  }

  async *#keys(): AsyncGenerator<SegmentKey> {
    const { bucket, prefix } = this.#location;
    const pages = paginateListObjectsV2(
      { client: this.#client },
      { Bucket: bucket, ...(prefix === '' ? {} : { Prefix: `${prefix}/` }) },
    );
    for await (const { Contents = [] } of pages) {
      for (const { Key = '' } of Contents) {
        const segment = parseKey(Key);
        if (segment !== undefined) yield segment;
        else if (!isServiceKey(Key)) this.#foreign += 1;
      }
    }
  }

  async #read(key: SegmentKey): Promise<Segment> {
    const { Body, Metadata = {} } = await this.#client.send(
      new GetObjectCommand({ Bucket: this.#location.bucket, Key: key.key }),
    );
    if (!(Body instanceof Readable)) throw new TypeError(`store: ${key.key} came without a body`);
    const records: StoredRecord[] = [];
    const segment = { ...key, metadata: parseMetadata(key, Metadata), records };
    try {
      for await (const line of readLines(decodeContent(Body, key.extension)))
        records.push(readEnvelope(line));
      return segment;
    } catch (error) {
      if (!isContentError(error)) throw error;
      return { ...segment, unreadable: `record ${records.length + 1}: ${error.message}` };
    }
  }
}

function parseLayout(key: string, text: string): Layout | string {
  const { format, codec, continues } = parseObject(text);
  const extension = EXTENSIONS[String(codec)];
  if (format !== 'ndjson' || extension === undefined) return `${key} says ${JSON.stringify(text)}`;
  return { extension, ...(typeof continues === 'string' ? { continues } : {}) };
}

/** @returns an empty object for a text that is not JSON. */
function parseObject(text: string): Partial<Record<string, unknown>> {
  try {
    return { ...(JSON.parse(text) as object | null) };
  } catch {
    return {};
  }
}
