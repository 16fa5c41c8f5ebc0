import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { DeleteObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { ObjectStore } from '../../infra/local/object-store.ts';
import { verifyCommand, type CommandOutput } from '../../infra/local/verify/command.ts';
import type { Verification } from '../../infra/local/verify.ts';

const TOPIC = 'uploads/AAAAAAAAAAAAAAAAAAAAAA';
const CODECS = {
  none: { extension: '.ndjson', encode: (text: string) => Buffer.from(text) },
  gzip: { extension: '.ndjson.gz', encode: (text: string) => gzipSync(text) },
  zstd: { extension: '.ndjson.zst', encode: (text: string) => zstdCompressSync(text) },
} as const;
type Codec = keyof typeof CODECS;

let directory: string;
let store: ObjectStore;
let s3: S3Client;
let prefix = '';
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'headwater-verify-'));
  store = await ObjectStore.create({ host: process, directory, bucket: 'events' });
  await store.start();
  s3 = store.client();
  // The command takes its credentials from where the SDK looks first.
  process.env['AWS_ACCESS_KEY_ID'] = store.credentials.accessKeyId;
  process.env['AWS_SECRET_ACCESS_KEY'] = store.credentials.secretAccessKey;
});
after(async () => {
  s3.destroy();
  await store.stop();
  await rm(directory, { recursive: true, force: true });
});
let prefixes = 0;
beforeEach(() => {
  prefix = `run-${prefixes++}`;
});

async function put(key: string, body: string | Buffer, metadata: Record<string, string> = {}): Promise<void> {
  const object = { Bucket: store.bucket, Key: `${prefix}/${key}`, Body: body, Metadata: metadata };
  await s3.send(new PutObjectCommand(object));
}

function segmentKey(partition: number, start: number, codec: Codec): string {
  return `${TOPIC}/${partition}/${String(start).padStart(20, '0')}${CODECS[codec].extension}`;
}

async function putSegment(
  partition: number,
  start: number,
  end: number,
  codec: Codec = 'gzip',
): Promise<void> {
  const offsets = Array.from({ length: end - start }, (_, index) => start + index);
  const lines = offsets.map((offset) => {
    const requestId = Buffer.from(`${partition}-${offset}`).toString('base64');
    return `{"offset":${offset},"timestamp":1,"headers":[["request-id","${requestId}"]],"value":${offset}}\n`;
  });
  await put(segmentKey(partition, start, codec), CODECS[codec].encode(lines.join('')), {
    end: String(end),
    count: String(offsets.length),
    'first-offset': String(start),
    'first-timestamp': '1',
    'last-offset': String(end - 1),
    'last-timestamp': '1',
    'leader-epoch': '0',
    writer: 'w',
  });
}

async function putStore(codec: Codec = 'gzip'): Promise<void> {
  await put('_layout.json', JSON.stringify({ format: 'ndjson', codec, version: 1 }));
  for (const start of [0, 3, 6]) await putSegment(0, start, start + 3, codec);
  await putSegment(1, 0, 2, codec);
}

function verify(...args: string[]): Promise<CommandOutput> {
  const where = ['--store', `s3://${store.bucket}/${prefix}`, '--endpoint', store.endpoint];
  return verifyCommand([...where, ...args], {});
}

async function names(): Promise<string[]> {
  const { exitCode, stdout } = await verify('--json');
  const { violations } = JSON.parse(stdout) as Verification;
  assert.equal(exitCode, violations.length === 0 ? 0 : 1);
  return violations.map(({ name }) => name);
}

for (const codec of ['none', 'gzip', 'zstd'] as const) {
  test(`a whole store in ${codec} passes, with an aligned line for each partition`, async () => {
    await putStore(codec);
    const { exitCode, stdout, stderr } = await verify();
    assert.equal(stderr, '');
    assert.equal(
      stdout,
      [
        `partition                               segments  records  first  last  end  recorded gaps  gaps  overlaps  duplicates`,
        `${prefix}/${TOPIC}/0         3        9      0     8    9              0     0         0           0`,
        `${prefix}/${TOPIC}/1         1        2      0     1    2              0     0         0           0`,
        '',
        '4 segments, 11 records, 0 repeated request ids, 0 records without a request id, 0 foreign objects',
        'ok: every chain is whole',
        '',
      ].join('\n'),
    );
    assert.equal(exitCode, 0);
  });
}

test('--json prints one line', async () => {
  await putStore();
  const { stdout } = await verify('--json');
  assert.equal(stdout.indexOf('\n'), stdout.length - 1);
  assert.equal((JSON.parse(stdout) as Verification).objects, 4);
});

test('a deleted segment is a gap, and the exit code is 1', async () => {
  await putStore();
  await s3.send(
    new DeleteObjectCommand({ Bucket: store.bucket, Key: `${prefix}/${segmentKey(0, 3, 'gzip')}` }),
  );
  assert.deepEqual(await names(), ['gap']);
  assert.match((await verify()).stdout, /I5 gap: 1\n {3}.*3 to 6 stand in no segment\nNOT OK\n$/s);
});

test('a segment cut short is unreadable', async () => {
  await putStore('none');
  const key = segmentKey(1, 2, 'none');
  await put(key, '{"offset":2,"timestamp":1,"hea', { end: '3', count: '1', writer: 'w' });
  assert.ok((await names()).includes('unreadable'));
});

test('gzip bytes cut short are unreadable', async () => {
  await putStore();
  const key = segmentKey(1, 2, 'gzip');
  await put(key, gzipSync('{"offset":2,"timestamp":1,"headers":[],"value":2}\n').subarray(0, 30), {
    end: '3',
  });
  assert.ok((await names()).includes('unreadable'));
});

test('a segment of another codec than the layout says is named', async () => {
  await putStore('gzip');
  await putSegment(1, 2, 4, 'zstd');
  assert.deepEqual(await names(), ['layout-mismatch']);
});

test('a prefix without a layout is named', async () => {
  await putSegment(0, 0, 2);
  assert.deepEqual(await names(), ['layout-mismatch']);
});

test('a bad segment counts as whole where somebody has decided its end', async () => {
  await putStore();
  const key = segmentKey(1, 2, 'gzip');
  await put(key, gzipSync('{"offset":2,"timestamp":1,"headers":[],"value":2}\n'), { writer: 'w' });
  assert.deepEqual(await names(), ['bad-end']);
  const release = JSON.stringify({ accepts: 'bad-link', at: 2, end: 3 });
  await put(`_releases/${TOPIC}/1/${'2'.padStart(20, '0')}.json`, release);
  assert.deepEqual(await names(), []);
});

test('foreign objects are counted and not checked', async () => {
  await putStore();
  await put('README.txt', 'not a segment');
  const { exitCode, stdout } = await verify();
  assert.equal(exitCode, 0);
  assert.match(stdout, /, 1 foreign objects\n/);
});

test('a chain longer than a page of the listing is walked to its end', async () => {
  await put('_layout.json', '{"format":"ndjson","codec":"none","version":1}');
  for (let start = 0; start < 1_050; start += 50) {
    const segments = Array.from({ length: 50 }, (_, index) => start + index);
    await Promise.all(segments.map((offset) => putSegment(0, offset, offset + 1, 'none')));
  }
  const { stdout } = await verify('--json');
  const { ok, objects, chains } = JSON.parse(stdout) as Verification;
  assert.deepEqual({ ok, objects, end: chains[0]?.end }, { ok: true, objects: 1_050, end: 1_050 });
});

test('a store that cannot be read is not checked: exit code 2, and the reason', async () => {
  const { exitCode, stderr } = await verifyCommand(
    ['--store', 's3://no-such-bucket', '--endpoint', store.endpoint],
    {},
  );
  assert.equal(exitCode, 2);
  assert.match(stderr, /^error: The specified bucket does not exist/);
});

for (const [args, message] of [
  [[], '--store must be s3://BUCKET or s3://BUCKET/PREFIX, got nothing'],
  [['--store', 'events'], '--store must be s3://BUCKET or s3://BUCKET/PREFIX, got events'],
  [
    ['--store', 's3://events', '--endpoint', 'localhost:9000'],
    '--endpoint must be an http or https URL, got localhost:9000',
  ],
  [['--stor', 's3://events'], 'there is no option --stor: did you mean --store?'],
] as const) {
  test(`wrong arguments are refused: ${args.join(' ')}`, async () => {
    const { exitCode, stderr } = await verifyCommand(args, {});
    assert.equal(exitCode, 2);
    assert.equal(stderr, `error: ${message}\nnpx headwater verify --help names all options\n`);
  });
}
