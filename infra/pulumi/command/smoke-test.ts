import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { GetObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';

export interface SmokeTestOptions {
  /** `https://collect.example.com/upload` */
  readonly uploadUrl: string;
  /** Key of a source; `undefined` if one is open. */
  readonly key: string | undefined;
  readonly store: S3Client;
  readonly bucket: string;
  /** Prefix of the events in the bucket. */
  readonly prefix: string;
  readonly codec: 'none' | 'gzip' | 'zstd';
  /** Longest time from the response of an event to its object in the bucket. */
  readonly deadlineMs: number;
}

const EVENTS = 10;
/** Prefix of the key of each test event, by which readers recognize them. */
export const SMOKE_TEST_KEY = 'headwater-smoke-test/';
const POLL_MS = 1_000;
/** Tolerated difference between the clocks of this machine and the store. */
const CLOCK_SKEW_MS = 60_000;

/**
 * Posts events through the edge and finds them in the bucket. They stay there, recognizable by their keys.
 *
 * @throws Error that names the failed step
 */
export async function smokeTest(options: SmokeTestOptions): Promise<void> {
  const { uploadUrl, key, deadlineMs } = options;
  const authorization = key === undefined ? {} : { authorization: `Bearer ${key}` };
  const run = randomUUID();
  const since = Date.now() - CLOCK_SKEW_MS;
  for (let event = 0; event < EVENTS; event += 1) {
    const headers = { ...authorization, 'x-event-key': `${SMOKE_TEST_KEY}${run}/${event}` };
    await post(uploadUrl, headers, JSON.stringify({ smokeTest: run, event }));
  }

  const deadline = performance.now() + deadlineMs;
  const read = new Set<string>();
  let found = 0;
  while (found < EVENTS) {
    if (performance.now() > deadline) {
      throw new Error(
        `smoke test: ${found} of ${EVENTS} events are in the bucket after ${deadlineMs / 1000} s: kubectl logs of the consumer say why`,
      );
    }
    await sleep(POLL_MS);
    found += await countNew(options, { run, since, read });
  }
}

/** Events of this run in objects that were not read before. */
async function countNew(
  options: SmokeTestOptions,
  { run, since, read }: { readonly run: string; readonly since: number; readonly read: Set<string> },
): Promise<number> {
  let found = 0;
  try {
    for await (const { key, lastModified } of list(options)) {
      if (read.has(key) || lastModified < since) continue;
      read.add(key);
      found += (await readObject(options, key)).split(`"key":"${SMOKE_TEST_KEY}${run}/`).length - 1;
    }
  } catch (error) {
    const { code, name } = error as NodeJS.ErrnoException;
    throw new Error(
      `smoke test: the bucket ${options.bucket} cannot be read (${code ?? name}): the credentials of this shell must let it list and get objects`,
      { cause: error },
    );
  }
  return found;
}

async function post(url: string, headers: Readonly<Record<string, string>>, body: string): Promise<void> {
  let response: Response;
  try {
    response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    });
  } catch (error) {
    const cause = (error as Error).cause as NodeJS.ErrnoException | undefined;
    throw new Error(
      `smoke test: ${url} cannot be reached (${cause?.code ?? (error as Error).message}): check the DNS record and the load balancer`,
      { cause: error },
    );
  }
  if (!response.ok) {
    throw new Error(
      `smoke test: ${url} answered ${response.status}: ${(await response.text()).slice(0, 300)}`,
    );
  }
}

async function* list({ store, bucket, prefix }: SmokeTestOptions) {
  let token: string | undefined;
  do {
    const page = await store.send(
      new ListObjectsV2Command({
        Bucket: bucket,
        Prefix: `${prefix}/`,
        ...(token !== undefined && { ContinuationToken: token }),
      }),
    );
    for (const { Key: key = '', LastModified: time } of page.Contents ?? []) {
      yield { key, lastModified: time?.getTime() ?? 0 };
    }
    token = page.NextContinuationToken;
  } while (token !== undefined);
}

async function readObject({ store, bucket, codec }: SmokeTestOptions, key: string): Promise<string> {
  const { Body: body } = await store.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  const bytes = (await body?.transformToByteArray()) ?? new Uint8Array();
  if (key.endsWith('.json')) return '';
  switch (codec) {
    case 'none':
      return Buffer.from(bytes).toString();
    case 'gzip':
      return gunzipSync(bytes).toString();
    case 'zstd':
      return zstdDecompressSync(bytes).toString();
  }
}
