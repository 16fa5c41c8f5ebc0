import { pipeline, Readable } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { GetObjectCommand, NoSuchKey, paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3';
import { readEnvelope } from './envelope.ts';
import { parseMetadata, type Link, type LinkKey, type StoredRecord } from './link.ts';

/** A bucket, or the part of it below a prefix. */
export interface StoreLocation {
  readonly bucket: string;
  /** Without slashes at its ends; `''` for the whole bucket. */
  readonly prefix: string;
}

/** What `<prefix>/_layout.json` says of all links below a prefix. */
export interface Layout {
  readonly extension: string;
  /** Prefix that this one continues: its chains then need not begin at 0. */
  readonly continues?: string;
}

const EXTENSIONS: Readonly<Record<string, string>> = {
  none: '.ndjson',
  gzip: '.ndjson.gz',
  zstd: '.ndjson.zst',
};

/** All keys below the location in S3's order, which is that of their UTF-8 bytes; one page at a time. */
export async function* listKeys(client: S3Client, { bucket, prefix }: StoreLocation): AsyncGenerator<string> {
  const pages = paginateListObjectsV2(
    { client },
    { Bucket: bucket, ...(prefix === '' ? {} : { Prefix: `${prefix}/` }) },
  );
  for await (const { Contents = [] } of pages) {
    for (const { Key } of Contents) if (Key !== undefined) yield Key;
  }
}

/** @returns the layout, or why it cannot be known. */
export async function readLayout(client: S3Client, bucket: string, prefix: string): Promise<Layout | string> {
  const key = prefix === '' ? '_layout.json' : `${prefix}/_layout.json`;
  let text: string;
  try {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    text = (await Body?.transformToString()) ?? '';
  } catch (error) {
    if (error instanceof NoSuchKey) return `no ${key}`;
    throw error;
  }
  try {
    const { format, codec, continues } = JSON.parse(text) as Partial<Record<string, unknown>>;
    const extension = EXTENSIONS[String(codec)];
    if (format === 'ndjson' && extension !== undefined) {
      return { extension, ...(typeof continues === 'string' ? { continues } : {}) };
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return `${key} says ${JSON.stringify(text)}`;
}

/** Reads one link with its content. What the store fails to give is thrown; what it gives and cannot be read is said in the link. */
export async function readLink(client: S3Client, bucket: string, key: LinkKey): Promise<Link> {
  const { Body, Metadata = {} } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key.key }));
  if (!(Body instanceof Readable)) throw new TypeError(`store: ${key.key} came without a body`);
  const records: StoredRecord[] = [];
  const link = { ...key, metadata: parseMetadata(key, Metadata), records };
  try {
    for await (const line of lines(decoded(Body, key.extension))) records.push(readEnvelope(line));
    return link;
  } catch (error) {
    if (!isContentError(error)) throw error;
    return { ...link, unreadable: `record ${records.length + 1}: ${error.message}` };
  }
}

function decoded(body: Readable, extension: string): Readable {
  if (extension === '.ndjson') return body;
  const decoder = extension === '.ndjson.gz' ? createGunzip() : createZstdDecompress();
  // An error of either stream is thrown to the reader of the decoder.
  return pipeline(body, decoder, () => undefined);
}

async function* lines(content: Readable): AsyncGenerator<Buffer> {
  let rest: Buffer[] = [];
  for await (const chunk of content as AsyncIterable<Buffer>) {
    let from = 0;
    for (let at = chunk.indexOf(0x0a); at !== -1; at = chunk.indexOf(0x0a, from)) {
      rest.push(chunk.subarray(from, at));
      yield rest.length === 1 && rest[0] !== undefined ? rest[0] : Buffer.concat(rest);
      rest = [];
      from = at + 1;
    }
    if (from < chunk.length) rest.push(chunk.subarray(from));
  }
  if (rest.length > 0) throw new SyntaxError('the last line has no end');
}

function isContentError(error: unknown): error is Error {
  if (error instanceof SyntaxError || error instanceof TypeError) return true;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return code.startsWith('Z_') || code.startsWith('ZSTD_');
}
