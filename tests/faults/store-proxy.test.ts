import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { ObjectStore } from '../../infra/local/object-store.ts';
import { StoreProxy, type StoreFault } from './store-proxy.ts';

const CHAIN = 'p/uploads/AAAAAAAAAAAAAAAAAAAAAA';

let directory: string;
let store: ObjectStore;
let proxy: StoreProxy;
let client: S3Client;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'headwater-proxy-'));
  store = await ObjectStore.create({ host: process, directory, bucket: 'events' });
  await store.start();
  proxy = await StoreProxy.listen(store.endpoint);
  const { credentials, region } = store;
  client = new S3Client({
    endpoint: proxy.endpoint,
    region,
    credentials,
    forcePathStyle: true,
    maxAttempts: 1,
  });
});
after(async () => {
  client.destroy();
  await proxy.close();
  await store.stop();
  await rm(directory, { recursive: true, force: true });
});

/** @returns the status, or the error's name. */
async function put(partition: number, start = 0, timeoutMs = 5_000): Promise<number | string> {
  try {
    const { $metadata } = await client.send(
      new PutObjectCommand({
        Bucket: store.bucket,
        Key: `${CHAIN}/${partition}/${String(start).padStart(20, '0')}.ndjson`,
        Body: 'some bytes of an object',
        IfNoneMatch: '*',
        Metadata: { end: String(start + 5), writer: 'w' },
      }),
      { abortSignal: AbortSignal.timeout(timeoutMs) },
    );
    return $metadata.httpStatusCode ?? 0;
  } catch (error) {
    const { $metadata, name } = error as Error & { $metadata?: { httpStatusCode?: number } };
    return $metadata?.httpStatusCode ?? name;
  }
}

const faults: readonly {
  readonly fault: StoreFault;
  /** What the client gets. */
  readonly answer: number | string;
  /** What it gets when it asks again: 200 where the store never heard of it, 412 where it had stored it. */
  readonly again: number;
}[] = [
  { fault: { kind: 'status', status: 503 }, answer: 503, again: 200 },
  { fault: { kind: 'status', status: 429 }, answer: 429, again: 200 },
  { fault: { kind: 'reset' }, answer: 'TimeoutError', again: 200 },
  { fault: { kind: 'hang' }, answer: 'AbortError', again: 200 },
  { fault: { kind: 'lost-answer' }, answer: 'TimeoutError', again: 412 },
  { fault: { kind: 'half-answer' }, answer: 'TimeoutError', again: 412 },
  { fault: { kind: 'late', ms: 100 }, answer: 200, again: 412 },
];

for (const [partition, { fault, answer, again }] of faults.entries()) {
  test(`a PUT meets a ${JSON.stringify(fault)} once, with its signature still valid`, async () => {
    proxy.inject(fault, 1);
    assert.equal(await put(partition, 0, fault.kind === 'hang' ? 200 : 5_000), answer);
    assert.equal(await put(partition), again);
    assert.equal(proxy.chainEnd('AAAAAAAAAAAAAAAAAAAAAA', partition), 5);
  });
}

test('a PUT that is abandoned half-way is not stored', async () => {
  const seen = proxy.at('mid-body', () => Promise.resolve('abandon'));
  assert.equal(await put(100), 'TimeoutError');
  assert.equal((await seen).status, undefined);
  assert.equal(await put(100), 200);
});

test('a PUT waits for what a test does at each stage of it', async () => {
  const stages: string[] = [];
  for (const stage of ['after-relay', 'after-answer', 'mid-body', 'before-forward'] as const) {
    void proxy.at(stage, (seen) => {
      stages.push(`${stage} ${seen.status ?? '-'}`);
      return Promise.resolve('go-on');
    });
  }
  const relayed = proxy.at('after-relay', () => Promise.resolve('go-on'));
  assert.equal(await put(101), 200);
  assert.equal(await put(101, 5), 200);
  await relayed;
  assert.deepEqual(stages, ['before-forward -', 'mid-body -', 'after-answer 200', 'after-relay 200']);
});
