import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import {
  createConsumer,
  createProducer,
  makeTopics,
  type Application,
} from '../../infra/local/application.ts';
import { KafkaCluster } from '../../infra/local/kafka-cluster.ts';
import { ObjectStore } from '../../infra/local/object-store.ts';
import { ownStore } from '../../infra/local/up/store-access.ts';
import { lineOf } from '../apps/producer/sources/files.ts';
import { SMOKE_TEST_KEY, smokeTest } from '../../infra/pulumi/command/smoke-test.ts';

const host = process;
const KEY = 'headwater_key-of-the-smoke-test';
const directory = mkdtempSync(join(tmpdir(), 'headwater-smoke-'));
interface StoredLine {
  readonly key: string;
  readonly value: { readonly smokeTest: string; readonly event: number };
}

let store: ObjectStore;
let producer: Application;
let consumer: Application;
const endings: (() => Promise<unknown>)[] = [];

before(
  async () => {
    const kafka = await KafkaCluster.create({ host, directory, brokers: 1, metadata: 'kraft' });
    endings.push(() => kafka.stop());
    store = await ObjectStore.create({ host, directory, bucket: 'events' });
    endings.push(() => store.stop());
    await Promise.all([kafka.start(), store.start()]);
    await makeTopics(host, kafka.bootstrapServers, [{ name: 'events', partitions: 3 }]);
    const variables = { KAFKA_BOOTSTRAP_SERVERS: kafka.bootstrapServers, KAFKA_TOPIC: 'events' };
    consumer = await createConsumer({
      host,
      directory,
      variables: {
        ...variables,
        ...ownStore(store).variables,
        KAFKA_GROUP_ID: 'events-to-store',
        FLUSH_MAX_AGE_MS: '1000',
      },
    });
    endings.push(() => consumer.stop());
    const keysFile = join(directory, 'keys');
    writeFileSync(keysFile, lineOf(KEY));
    const SOURCES = JSON.stringify({ web: { who: 'keys', keysFile } });
    producer = await createProducer({
      host,
      directory,
      variables: { ...variables, SOURCES, DRAIN_DELAY_MS: '0' },
    });
    endings.push(() => producer.stop());
    await Promise.all([consumer.start(), producer.start()]);
  },
  { timeout: 180_000 },
);

after(async () => {
  for (const end of endings.toReversed()) await end();
  rmSync(directory, { recursive: true });
});

function run(deadlineMs: number, key: string | undefined = KEY): Promise<void> {
  const client = store.client();
  return smokeTest({
    uploadUrl: `${producer.endpoint}/upload`,
    key,
    store: client,
    ...ownStore(store).location,
    codec: 'gzip',
    deadlineMs,
  }).finally(() => {
    client.destroy();
  });
}

test('what the smoke test posts with a key, it finds in the bucket', () => run(30_000));

test('a key that is not valid is refused in the words of the producer, and does not appear', async () => {
  await assert.rejects(run(30_000, 'headwater_wrong'), (error: Error) => {
    assert.match(error.message, /^smoke test: http\S+ answered 401: .*"code":"invalid_key"/);
    assert.doesNotMatch(error.message, /headwater_wrong/);
    return true;
  });
});

test('every event that it leaves is known by its key, over all partitions', async () => {
  const client = store.client();
  try {
    const { bucket, prefix } = ownStore(store).location;
    const listed = await client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: `${prefix}/` }));
    const lines: StoredLine[] = [];
    for (const { Key } of listed.Contents ?? []) {
      if (Key?.endsWith('.gz') !== true) continue;
      const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key }));
      const text = gunzipSync((await Body?.transformToByteArray()) ?? new Uint8Array()).toString();
      lines.push(
        ...text
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as StoredLine),
      );
    }
    assert.ok(lines.length >= 10);
    for (const { key, value } of lines) {
      assert.equal(key, `${SMOKE_TEST_KEY}${value.smokeTest}/${value.event}`);
    }
  } finally {
    client.destroy();
  }
});

test('where the consumer hangs, it says after its deadline that nothing arrived, and where to look', async () => {
  consumer.signal('SIGSTOP');
  try {
    await assert.rejects(run(3_000), {
      message: 'smoke test: 0 of 10 events are in the bucket after 3 s: kubectl logs of the consumer say why',
    });
  } finally {
    consumer.signal('SIGCONT');
  }
});

test('where the store refuses, it says so in its words', async () => {
  await store.stop();
  await assert.rejects(
    run(10_000),
    /^Error: smoke test: the bucket events cannot be read \(ECONNREFUSED\): /,
  );
});
