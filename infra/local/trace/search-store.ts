import { Readable } from 'node:stream';
import { GetObjectCommand, NoSuchKey, type S3Client } from '@aws-sdk/client-s3';
import { readOrigin, requestText } from '../verify/envelope.ts';
import { decodeContent, isContentError, readLines } from '../verify/segment-content.ts';
import { parseMetadata, type SegmentKey, type SegmentMetadata } from '../verify/segment.ts';
import { StoreReader, type StoreLocation } from '../verify/store-reader.ts';
import type { Findings, Wanted } from './findings.ts';
import { listBucket, listChains, listFrom, listRecent, type ChainFolder, type List } from './listing.ts';

/** Objects that are read at the same time: as many as Node decompresses at once. */
const READERS = 4;

export interface StoreSearchOptions {
  readonly client: S3Client;
  readonly location: StoreLocation;
  readonly wanted: Wanted;
  readonly findings: Findings;
  readonly progress: (text: string) => void;
}

/** Ends of the chains of one topic id, by partition. */
export type ChainEnds = ReadonlyMap<number, number>;

/**
 * Looks for the records of a request in the chains of a topic: those below the prefix, and those that they continue. Reads
 * only objects that can hold a record of the time, four at once, and keeps the keys of one chain at a time.
 */
export class StoreSearch {
  readonly #options: StoreSearchOptions;
  readonly #reader: StoreReader;
  readonly #list: List;
  readonly #text: Buffer;
  readonly #ends = new Map<string, Map<number, number>>();
  readonly #recentTopicIds = new Set<string>();
  #chains: readonly ChainFolder[] = [];

  constructor(options: StoreSearchOptions) {
    const { client, location, wanted } = options;
    this.#options = options;
    this.#reader = new StoreReader(client, location);
    this.#list = listBucket(client, location.bucket);
    this.#text = requestText(wanted.requestId);
  }

  /** @throws the store's error if it cannot be read */
  async search(): Promise<void> {
    const { location, wanted, findings } = this.#options;
    const prefixes = new Set<string>();
    for (let prefix: string | undefined = location.prefix; prefix !== undefined && !prefixes.has(prefix);) {
      prefixes.add(prefix);
      const layout = await this.#reader.layout(prefix);
      prefix = typeof layout === 'string' ? undefined : layout.continues;
    }
    const lists = [...prefixes].map((prefix) => listChains(this.#list, prefix, wanted.topic));
    this.#chains = (await Promise.all(lists)).flat();
    findings.looked.chains = this.#chains.length;
    const [first] = [...prefixes].reverse();
    for (const chain of this.#chains) await this.#searchChain(chain, chain.prefix !== first);
  }

  /** Ends of the chains of a topic id; a partition without an object has none. */
  endsOf(topicId: string): ChainEnds {
    return this.#ends.get(topicId) ?? new Map<number, number>();
  }

  /** Topic ids with objects that were stored in the time: more than one if the topic was created again. */
  get recentTopicIds(): ReadonlySet<string> {
    return this.#recentTopicIds;
  }

  /** Looks at what was stored after {@link search} in these partitions of a topic id. */
  async searchAgain(topicId: string, partitions: ReadonlySet<number>): Promise<void> {
    for (const chain of this.#chains) {
      if (chain.topicId !== topicId || !partitions.has(chain.partition)) continue;
      const from = this.endsOf(topicId).get(chain.partition) ?? 0;
      await this.#readAll(chain, await listFrom(this.#list, chain.folder, from));
    }
  }

  async #searchChain(chain: ChainFolder, continuesAnother: boolean): Promise<void> {
    const { wanted, findings } = this.#options;
    const { before, segments } = await listRecent(this.#list, chain.folder, wanted.since);
    const [oldest] = segments;
    if (oldest !== undefined) this.#recentTopicIds.add(chain.topicId);
    const read = await this.#readAll(chain, before === undefined ? segments : [before, ...segments]);
    if (before === undefined && oldest !== undefined && oldest.start > 0 && !continuesAnother) {
      const first = read.get(oldest)?.first;
      if (first === undefined || first.timestamp >= BigInt(wanted.since)) {
        findings.unknown(
          `${chain.folder}: its oldest object starts at offset ${oldest.start}, so the bucket has deleted earlier ones of this time`,
        );
      }
    }
    await this.#checkOrder(chain, read);
  }

  /** Newest first. @returns the metadata by segment, in the order given */
  async #readAll(
    chain: ChainFolder,
    segments: readonly SegmentKey[],
  ): Promise<ReadonlyMap<SegmentKey, SegmentMetadata | undefined>> {
    const read = new Map<SegmentKey, SegmentMetadata | undefined>(
      segments.map((segment) => [segment, undefined]),
    );
    const waiting = [...segments];
    const work = async (): Promise<void> => {
      for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
        this.#options.progress(`reading ${chain.folder}: ${waiting.length} objects left`);
        read.set(next, await this.#read(next));
      }
    };
    await Promise.all(Array.from({ length: READERS }, work));
    return read;
  }

  async #read(segment: SegmentKey): Promise<SegmentMetadata | undefined> {
    const { client, location, findings } = this.#options;
    const { key, topicId, partition } = segment;
    const request = new GetObjectCommand({ Bucket: location.bucket, Key: key });
    const response = await client.send(request).catch((error: unknown) => {
      if (!(error instanceof NoSuchKey)) throw error;
      findings.unknown(`${key} was deleted while it was read`);
    });
    if (response === undefined) return undefined;
    const { Body, Metadata = {} } = response;
    if (!(Body instanceof Readable)) throw new TypeError(`store: ${key} came without a body`);
    const metadata = parseMetadata(segment, Metadata);
    const { count, last } = metadata;
    if (count === 0 || this.#isOlder(last)) {
      Body.on('error', () => undefined).destroy();
      findings.looked.skippedObjects += 1;
      return metadata;
    }
    findings.looked.objects += 1;
    let line = 0;
    try {
      for await (const bytes of readLines(decodeContent(Body, segment.extension))) {
        line += 1;
        if (!bytes.includes(this.#text)) continue;
        const { offset, timestamp, ...request } = readOrigin(bytes);
        findings.add(request, {
          topicId,
          partition,
          offset,
          timestamp: Number(timestamp),
          object: { key, line },
        });
      }
    } catch (error) {
      if (!isContentError(error)) throw error;
      findings.unknown(`${key} cannot be read after line ${line}: ${error.message}`);
    }
    return metadata;
  }

  /** Notes offsets of the time that no object has, and the end of the chain. */
  async #checkOrder(
    { folder, topicId, partition }: ChainFolder,
    read: ReadonlyMap<SegmentKey, SegmentMetadata | undefined>,
  ): Promise<void> {
    const { findings } = this.#options;
    let reached: number | undefined;
    for (const [segment, metadata] of read) {
      const { key, start } = segment;
      if (reached !== undefined && start > reached) {
        findings.unknown(`${folder}: offsets ${reached} to ${start - 1} are in no object`);
      }
      const { gap, last } = metadata ?? {};
      if (gap !== undefined && !this.#isOlder(last)) {
        findings.unknown(
          `${key}: offsets ${gap.from} to ${gap.to - 1} were not read from Kafka, and are in no object`,
        );
      }
      const end = metadata?.end ?? (await this.#reader.decidedEnd(segment));
      if (metadata !== undefined && end === undefined) {
        findings.unknown(`${key} does not say its end: ${metadata.defects.join(', ')}`);
      }
      reached = Math.max(reached ?? 0, end ?? start);
    }
    if (reached === undefined) return;
    const ends = this.#ends.get(topicId) ?? new Map<number, number>();
    this.#ends.set(topicId, ends.set(partition, Math.max(reached, ends.get(partition) ?? 0)));
  }

  #isOlder(last: SegmentMetadata['last']): boolean {
    return last !== undefined && last.timestamp < BigInt(this.#options.wanted.since);
  }
}
