import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { S3Client } from '@aws-sdk/client-s3';
import { parseCommand } from '../../../infra/local/up/options.ts';
import { parseStackCommand } from '../../../infra/pulumi/command/options.ts';
import { smokeTest } from '../../../infra/pulumi/command/smoke-test.ts';

const root = join(import.meta.dirname, '../../..');

test('up stays on this machine: with --stack it names deploy', () => {
  assert.equal(parseCommand(['up']).name, 'up');
  assert.throws(() => parseCommand(['up', '--stack', 'dev', '--yes']), {
    name: 'UsageError',
    message: '--stack is for deploy: npm run deploy -- --stack NAME',
  });
  assert.throws(() => parseCommand(['up'], { npm_config_stack: 'dev' }), /write -- before it/);
});

test('a command without a stack, or with an option that there is not, says what it lacks', () => {
  assert.throws(() => parseStackCommand(['preview']), /--stack must name a stack, got none/);
  assert.throws(() => parseStackCommand(['preview', '--stak', 'dev']), /--stak/);
  assert.deepEqual(parseStackCommand(['deploy', '--stack', 'dev', '--yes']), {
    name: 'deploy',
    stack: 'dev',
    yes: true,
  });
});

test('a plan is written by preview and kept to by deploy, each takes its own option only', () => {
  assert.deepEqual(parseStackCommand(['preview', '--stack', 'dev', '--save-plan', 'plan.json']), {
    name: 'preview',
    stack: 'dev',
    yes: false,
    savePlan: 'plan.json',
  });
  assert.deepEqual(parseStackCommand(['deploy', '--stack', 'dev', '--plan', 'plan.json']), {
    name: 'deploy',
    stack: 'dev',
    yes: false,
    plan: 'plan.json',
  });
  const refuses = (args: readonly string[], message: string): void =>
    assert.throws(() => parseStackCommand([...args, '--stack', 'dev']), { message });
  refuses(['deploy', '--save-plan', 'x'], '--save-plan must be given to preview, got deploy');
  refuses(['preview', '--plan', 'x'], '--plan must be given to deploy, got preview');
  refuses(['deploy', '--json', 'x'], '--json must be given to preview, got deploy');
  refuses(['grow-volume', '--plan', 'x'], '--plan must be given to deploy, got grow-volume');
  refuses(['deploy', '--plan='], '--plan must name a file, got none');
});

test('on a machine without Pulumi, preview says so in one sentence', () => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, 'infra/pulumi/command/main.ts'), 'preview', '--stack', 'production'],
    { encoding: 'utf8', env: { PATH: '/nowhere' } },
  );
  assert.equal(status, 1);
  assert.equal(stdout, '');
  assert.match(stderr, /^error: the pulumi CLI is missing: [^\n]+\n$/);
});

/** An edge that takes events, and a bucket that has them once `stores` says so. */
async function withPipeline(
  { status, stores }: { status: number; stores: boolean },
  use: (uploadUrl: string, store: S3Client) => Promise<void>,
): Promise<void> {
  const lines: string[] = [];
  const edge = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += String(chunk)));
    request.on('end', () => {
      lines.push(`{"key":${JSON.stringify(request.headers['x-event-key'])},"value":${body}}`);
      response.writeHead(status).end('{"title":"no"}');
    });
  });
  edge.listen(0, '127.0.0.1');
  await once(edge, 'listening');
  const object = () => gzipSync(stores ? lines.join('\n') : '');
  const send = ({ constructor, input }: { constructor: { name: string }; input: { Prefix?: string } }) =>
    Promise.resolve(
      constructor.name === 'ListObjectsV2Command'
        ? { Contents: [{ Key: `${input.Prefix ?? ''}0.ndjson.gz`, LastModified: new Date() }] }
        : { Body: { transformToByteArray: () => Promise.resolve(object()) } },
    );
  try {
    const { port } = edge.address() as AddressInfo;
    await use(`http://127.0.0.1:${port}/upload`, { send } as unknown as S3Client);
  } finally {
    edge.close();
  }
}

const bucket = { key: undefined, bucket: 'events', prefix: 'events', codec: 'gzip' } as const;

test('the smoke test finds what it posted', () =>
  withPipeline({ status: 201, stores: true }, (uploadUrl, store) =>
    smokeTest({ uploadUrl, store, ...bucket, deadlineMs: 60_000 }),
  ));

test('the smoke test fails where the edge refuses, and where events do not arrive', async () => {
  await withPipeline({ status: 503, stores: true }, (uploadUrl, store) =>
    assert.rejects(
      smokeTest({ uploadUrl, store, ...bucket, deadlineMs: 60_000 }),
      /answered 503: {"title":"no"}/,
    ),
  );
  await withPipeline({ status: 201, stores: false }, (uploadUrl, store) =>
    assert.rejects(
      smokeTest({ uploadUrl, store, ...bucket, deadlineMs: 1_500 }),
      /0 of 10 events are in the bucket after 1.5 s/,
    ),
  );
});
