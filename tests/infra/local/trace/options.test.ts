import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { UsageError } from '../../../../infra/command-line.ts';
import { parseOptions } from '../../../../infra/local/trace/options.ts';

test('only the id is needed: the pipeline of up is searched for the last hour', () => {
  assert.deepEqual(parseOptions(['--request-id', 'a']), {
    requestId: 'a',
    line: undefined,
    sinceMs: 3_600_000,
    topic: 'events',
    json: false,
    source: { state: resolve('.headwater') },
  });
});

test('every option is read', () => {
  const args = ['--request-id=a#1', '--line', '7', '--since', '2d', '--topic', 'clicks', '--json'];
  assert.deepEqual(
    parseOptions([...args, '--store', 's3://bucket/a/b', '--endpoint', 'http://c:1', '--kafka', 'd:1,e:2']),
    {
      requestId: 'a#1',
      line: 7,
      sinceMs: 172_800_000,
      topic: 'clicks',
      json: true,
      source: { location: { bucket: 'bucket', prefix: 'a/b' }, endpoint: 'http://c:1', kafka: 'd:1,e:2' },
    },
  );
  assert.equal(parseOptions(['--help']), undefined);
});

for (const [args, message] of [
  [[], '--request-id is missing'],
  [
    ['--request-id', ''],
    '--request-id must have 1 to 128 visible ASCII characters, got "": the producer gives',
  ],
  [['--request-id', 'a b'], '--request-id must have 1 to 128 visible ASCII characters, got "a b": '],
  [['--request-id', 'é'], '--request-id must have 1 to 128 visible ASCII characters, got "é": '],
  [['--request-id', 'a'.repeat(129)], '--request-id must have 1 to 128 visible ASCII characters, got "aaa'],
  [['--request-id', 'a', '--line', '0'], '--line must be a whole number from 1 on, got 0'],
  [['--request-id', 'a', '--topic', 'a/b'], '--topic must be the name of a topic, got "a/b"'],
  [
    ['--request-id', 'a', '--since', 'soon'],
    '--since must be a duration such as 90s, 30m, 1h or 7d, of at most',
  ],
  [['--request-id', 'a', '--since', '0h'], 'of at most 3650d, got "0h"'],
  [['--request-id', 'a', '--since', '9999d'], 'of at most 3650d, got "9999d"'],
  [['--request-id', 'a', '--kafka', 'b:1'], '--kafka belongs to --store: give both'],
  [['--request-id', 'a', '--endpoint', 'http://b'], '--endpoint belongs to --store: give both'],
  [['--request-id', 'a', '--store', 's3://b', '--state', 'c'], '--store is another pipeline than --state'],
  [['--request-id', 'a', '--store', 'b'], '--store must be s3://BUCKET or s3://BUCKET/PREFIX, got b'],
  [['--request-id', 'a', '--store', 's3://bucket', '--kafka', 'c'], '--kafka must be HOST:PORT, or several'],
] satisfies [string[], string][]) {
  test(`refuses ${args.join(' ').slice(0, 60) || 'nothing'}`, () => {
    assert.throws(
      () => parseOptions(args),
      (error: unknown) => error instanceof UsageError && error.message.includes(message),
    );
  });
}
