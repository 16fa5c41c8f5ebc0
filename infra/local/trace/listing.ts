import { ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { parseKey, type SegmentKey } from '../verify/segment.ts';

/** An object of a bucket, without its content. */
export interface ListedObject {
  readonly key: string;
  /** When the store took it, in milliseconds since the epoch. */
  readonly storedAt: number;
}

export interface ListedPage {
  readonly objects: readonly ListedObject[];
  /** Common beginnings of the keys, with the delimiter, where the request names one. */
  readonly folders: readonly string[];
  readonly isLast: boolean;
}

export interface ListRequest {
  readonly prefix: string;
  /** Keys that sort after this one. @default all */
  readonly after?: string;
  /** @default 1000, the most that S3 allows */
  readonly limit?: number;
  readonly delimiter?: '/';
}

/** Lists a bucket, one page at a time. */
export type List = (request: ListRequest) => Promise<ListedPage>;

/** One partition of one incarnation of a topic, below a prefix. */
export interface ChainFolder {
  readonly prefix: string;
  readonly topicId: string;
  readonly partition: number;
  /** The beginning of its keys, with a slash at the end. */
  readonly folder: string;
}

/** Offsets in which a search ends, and the rest is listed: at most ten pages. */
const SEARCHED_OFFSETS = 10_000;

export function listBucket(client: S3Client, bucket: string): List {
  return async ({ prefix, after, limit = 1000, delimiter }) => {
    const { Contents, CommonPrefixes, IsTruncated } = await client.send(
      new ListObjectsV2Command({
        Bucket: bucket,
        Prefix: prefix,
        StartAfter: after,
        MaxKeys: limit,
        Delimiter: delimiter,
      }),
    );
    return {
      objects: (Contents ?? []).map(({ Key = '', LastModified }) => ({
        key: Key,
        storedAt: LastModified?.getTime() ?? Number.POSITIVE_INFINITY,
      })),
      folders: (CommonPrefixes ?? []).flatMap(({ Prefix }) => Prefix ?? []),
      isLast: IsTruncated !== true,
    };
  };
}

/** The chains of a topic below a prefix, by their folders alone. */
export async function listChains(list: List, prefix: string, topic: string): Promise<ChainFolder[]> {
  const chains: ChainFolder[] = [];
  for await (const topicFolder of folders(list, `${prefix === '' ? '' : `${prefix}/`}${topic}/`)) {
    for await (const folder of folders(list, topicFolder)) {
      const [, topicId, partition] = /\/([\w-]{22})\/(\d{1,10})\/$/.exec(folder) ?? [];
      if (topicId === undefined) continue;
      chains.push({ prefix, topicId, partition: Number(partition), folder });
    }
  }
  return chains.sort((a, b) => a.partition - b.partition);
}

/** Segments of a chain in the order of their start. */
export interface RecentSegments {
  /** The last one that is older than asked for; absent if the chain begins later. */
  readonly before: SegmentKey | undefined;
  readonly segments: readonly SegmentKey[];
}

/** Segments that were stored at `since` (ms since the epoch) or later. Segments are stored in the order of their start. */
export async function listRecent(list: List, folder: string, since: number): Promise<RecentSegments> {
  let before = await findBefore(list, folder, since);
  const segments: SegmentKey[] = [];
  for await (const { segment, storedAt } of pages(list, folder, before?.key)) {
    if (storedAt < since && segments.length === 0) before = segment;
    else segments.push(segment);
  }
  return { before, segments };
}

/** Segments that start at an offset or after it. */
export async function listFrom(list: List, folder: string, start: number): Promise<SegmentKey[]> {
  const found: SegmentKey[] = [];
  for await (const { segment } of pages(list, folder, beforeOffset(folder, start))) found.push(segment);
  return found;
}

/** Some segment that was stored before `since`, near it in a long chain; undefined if one page lists the whole chain. */
async function findBefore(list: List, folder: string, since: number): Promise<SegmentKey | undefined> {
  const first = await list({ prefix: folder });
  let low = storedBefore(first.objects.at(-1), since);
  if (first.isLast || low === undefined) return undefined;
  for (let high = Number.POSITIVE_INFINITY; high - low.start > SEARCHED_OFFSETS;) {
    const middle: number =
      high === Number.POSITIVE_INFINITY ? 2 * low.start + 1 : Math.floor((low.start + high) / 2);
    const { objects } = await list({ prefix: folder, after: beforeOffset(folder, middle), limit: 1 });
    const next = storedBefore(objects[0], since);
    if (next === undefined) high = middle;
    else low = next;
  }
  return low;
}

function storedBefore(object: ListedObject | undefined, since: number): SegmentKey | undefined {
  return object === undefined || object.storedAt >= since ? undefined : parseKey(object.key);
}

/** A key before that of the segment that starts at this offset, and after all earlier ones. */
function beforeOffset(folder: string, offset: number): string {
  return `${folder}${String(offset).padStart(20, '0')}`;
}

async function* pages(
  list: List,
  folder: string,
  after?: string,
): AsyncGenerator<{ segment: SegmentKey; storedAt: number }> {
  for (let last = after; ;) {
    const { objects, isLast } = await list({
      prefix: folder,
      ...(last === undefined ? {} : { after: last }),
    });
    for (const { key, storedAt } of objects) {
      const segment = parseKey(key);
      if (segment !== undefined) yield { segment, storedAt };
    }
    last = objects.at(-1)?.key;
    if (isLast || last === undefined) return;
  }
}

async function* folders(list: List, prefix: string): AsyncGenerator<string> {
  for (let after: string | undefined; ;) {
    const page = await list({ prefix, delimiter: '/', ...(after === undefined ? {} : { after }) });
    yield* page.folders;
    const last = page.folders.at(-1);
    if (page.isLast || last === undefined) return;
    // Sorts after every key in that folder.
    after = `${last}\u{10FFFF}`;
  }
}
