import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import {
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { StoreError, storeError } from './errors.ts';

export interface BucketOptions {
  readonly bucket: string;
  readonly region: string;
  /** @default the region's own at AWS */
  readonly endpoint: string | undefined;
  /** `https://host/bucket/key` instead of `https://bucket.host/key`. */
  readonly pathStyle: boolean;
  /** Certificate authorities in PEM, instead of those that Node trusts. */
  readonly ca: string | undefined;
  readonly checksums: 'when-supported' | 'when-required';
}

export interface StoredObject {
  readonly body: Buffer;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface NewObject {
  /** Its content in pieces. */
  readonly body: readonly Buffer[];
  readonly metadata: Readonly<Record<string, string>>;
}

export interface ListedPage {
  readonly keys: readonly string[];
  /** For the next page; `undefined` after the last. */
  readonly next: string | undefined;
}

const CONNECT_TIMEOUT_MS = 5000;
const MAX_SOCKETS = 32;

const ignore = (): void => undefined;
const SILENT = { debug: ignore, info: ignore, warn: ignore, error: ignore };

/**
 * One bucket; each call sends one request. Every failure is a {@link StoreError}.
 *
 * The SDK's own retries are off. They hide that a response was lost, and a retry of a conditional write whose response was
 * lost conflicts with the first attempt.
 */
export class Bucket {
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #checksums: BucketOptions['checksums'];

  constructor({ bucket, region, endpoint, pathStyle, ca, checksums }: BucketOptions) {
    this.#bucket = bucket;
    this.#checksums = checksums;
    const when = checksums === 'when-supported' ? 'WHEN_SUPPORTED' : 'WHEN_REQUIRED';
    const agent = { keepAlive: true, maxSockets: MAX_SOCKETS };
    this.#client = new S3Client({
      region,
      forcePathStyle: pathStyle,
      maxAttempts: 1,
      // The caller gets the failure. For a body that is a stream the SDK would print a line as well.
      logger: SILENT,
      // With `Expect: 100-continue` the SDK opens a connection for each large object, without `ca`.
      expectContinueHeader: false,
      requestChecksumCalculation: when,
      responseChecksumValidation: when,
      requestHandler: {
        connectionTimeout: CONNECT_TIMEOUT_MS,
        httpAgent: agent,
        httpsAgent: ca === undefined ? agent : { ...agent, ca },
      },
      ...(endpoint !== undefined && { endpoint }),
    });
  }

  async list(
    prefix: string,
    startAfter: string,
    page: string | undefined,
    signal: AbortSignal,
  ): Promise<ListedPage> {
    const response = await named(
      this.#client.send(
        new ListObjectsV2Command({
          Bucket: this.#bucket,
          Prefix: prefix,
          StartAfter: startAfter,
          ContinuationToken: page,
        }),
        { abortSignal: signal },
      ),
    );
    const keys = (response.Contents ?? []).flatMap(({ Key }) => (Key === undefined ? [] : [Key]));
    return { keys, next: response.IsTruncated === true ? response.NextContinuationToken : undefined };
  }

  /** User metadata; `undefined` where there is no such object. */
  async head(key: string, signal: AbortSignal): Promise<Readonly<Record<string, string>> | undefined> {
    const response = await orAbsent(
      this.#client.send(new HeadObjectCommand({ Bucket: this.#bucket, Key: key }), { abortSignal: signal }),
    );
    return response === undefined ? undefined : (response.Metadata ?? {});
  }

  async get(key: string, signal: AbortSignal): Promise<StoredObject | undefined> {
    const response = await orAbsent(
      this.#client.send(new GetObjectCommand({ Bucket: this.#bucket, Key: key }), { abortSignal: signal }),
    );
    if (response === undefined) return undefined;
    const bytes = await named(response.Body?.transformToByteArray() ?? Promise.resolve(new Uint8Array()));
    return { body: Buffer.from(bytes), metadata: response.Metadata ?? {} };
  }

  /** @param options with `onlyIfAbsent` the write fails if the object exists (`isAlreadyThere`) */
  async put(
    key: string,
    { body, metadata }: NewObject,
    options: { readonly contentType: string; readonly onlyIfAbsent: boolean },
    signal: AbortSignal,
  ): Promise<void> {
    const command = new PutObjectCommand({
      Bucket: this.#bucket,
      Key: key,
      // A stream: joining the pieces would take their memory twice.
      Body: Readable.from(body, { objectMode: false }),
      ContentLength: body.reduce((length, piece) => length + piece.length, 0),
      Metadata: metadata,
      ContentType: options.contentType,
      ...(this.#checksums === 'when-supported' && { ChecksumCRC32: checksum(body) }),
      ...(options.onlyIfAbsent && { IfNoneMatch: '*' }),
    });
    signPayload(command, body);
    const response = await named(this.#client.send(command, { abortSignal: signal }));
    // A response without headers broke off after its first line: retry.
    if (response.ETag === undefined) throw new StoreError('unavailable', 'the response to PUT has no ETag');
  }

  close(): void {
    this.#client.destroy();
  }
}

/** Base64 CRC-32 for `x-amz-checksum-crc32`. For streams the SDK sends it as a trailer, which fewer stores support. */
function checksum(body: readonly Buffer[]): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(body.reduce((sum, piece) => crc32(piece, sum), 0));
  return bytes.toString('base64');
}

/** Signs the content, as the SDK does for a buffer. It would leave a stream unsigned. */
function signPayload({ middlewareStack }: PutObjectCommand, body: readonly Buffer[]): void {
  const hash = createHash('sha256');
  for (const piece of body) hash.update(piece);
  const digest = hash.digest('hex');
  middlewareStack.add(
    (next) => (step) => {
      const { headers } = step.request as { headers: Record<string, string> };
      headers['x-amz-content-sha256'] = digest;
      return next(step);
    },
    { step: 'build' },
  );
}

async function named<Response>(request: Promise<Response>): Promise<Response> {
  try {
    return await request;
  } catch (error) {
    throw storeError(error);
  }
}

async function orAbsent<Response>(request: Promise<Response>): Promise<Response | undefined> {
  try {
    return await request;
  } catch (error) {
    const failure = storeError(error);
    if (failure.status === 404 && failure.problem !== 'missing-bucket') return undefined;
    throw failure;
  }
}
