import assert from 'node:assert/strict';
import test from 'node:test';
import { UsageError } from '../../../../infra/command-line.ts';
import { parseCommand } from '../../../../infra/local/up/options.ts';

function upOptions(...args: string[]) {
  const command = parseCommand(['up', ...args]);
  assert.equal(command.name, 'up');
  return command.options;
}

test('without options the sample is sent through servers that are started here, until Ctrl-C', () => {
  assert.deepEqual(upOptions(), {
    kafka: { brokers: 1, metadata: 'zookeeper' },
    store: undefined,
    events: 'sample',
    once: false,
    json: false,
    detach: false,
    state: '.headwater',
    port: 8080,
  });
});

test('every option is read', () => {
  assert.deepEqual(
    upOptions(
      ...[
        '--brokers',
        '3',
        '--metadata=kraft',
        '--input',
        'mine.ndjson',
        '--once',
        '--json',
        '--state',
        'here',
      ],
      ...['--port', '0', '--store', 's3://bucket/a/b/', '--endpoint', 'http://store:9000'],
    ),
    {
      kafka: { brokers: 3, metadata: 'kraft' },
      store: { bucket: 'bucket', prefix: 'a/b', endpoint: 'http://store:9000' },
      events: { file: 'mine.ndjson' },
      once: true,
      json: true,
      detach: false,
      state: 'here',
      port: 0,
    },
  );
  assert.deepEqual(upOptions('--kafka', 'a:1,b:2', '--store', 's3://bucket', '--no-sample', '--detach'), {
    ...upOptions('--detach'),
    kafka: 'a:1,b:2',
    store: { bucket: 'bucket', prefix: 'events', endpoint: undefined },
    events: 'none',
  });
});

for (const [args, message] of [
  [['--brokrs', '3'], 'there is no option --brokrs: did you mean --brokers?'],
  [['--metdata=kraft'], 'there is no option --metdata: did you mean --metadata?'],
  [['--verbose'], 'there is no option --verbose'],
  [['events.ndjson'], 'there are no arguments, got events.ndjson'],
  [['--brokers', '2'], '--brokers must be 1 or 3, got 2'],
  [['--metadata', 'raft'], '--metadata must be zookeeper or kraft, got raft'],
  [['--port', '65536'], '--port must be a whole number from 0 to 65535, got 65536'],
  [['--port', '-1'], /--port/],
  [['--port'], /--port/],
  [['--once=yes'], /--once/],
  [['--kafka', 'kafka'], '--kafka must be HOST:PORT, or several separated by commas, got kafka'],
  [['--kafka', 'a:1', '--brokers', '3'], '--brokers applies only to the local Kafka: omit it with --kafka'],
  [['--store', 'bucket'], '--store must be s3://BUCKET or s3://BUCKET/PREFIX, got bucket'],
  [['--store', 's3://a..b/events'], /^--store: BUCKET must be a valid S3 bucket name: .*, got a\.\.b$/],
  [['--endpoint', 'http://a'], '--endpoint is the address of --store: give both'],
  [['--store', 's3://bucket', '--endpoint', 'a:9000'], '--endpoint must be an http or https URL, got a:9000'],
  [['--once', '--detach'], '--once ends by itself: leave out --detach'],
  [['--once', '--no-sample'], '--once needs something to send: leave out --no-sample'],
  [['--input', 'a', '--no-sample'], '--input is sent: leave out --no-sample'],
] as const) {
  test(`up ${args.join(' ')} is refused, and the message says what is allowed`, () => {
    assert.throws(
      () => upOptions(...args),
      (error) =>
        error instanceof UsageError &&
        (typeof message === 'string' ? error.message === message : message.test(error.message)),
    );
  });
}

test('an option that npm took for itself is told, instead of doing something else', () => {
  assert.throws(
    () => parseCommand(['up'], { npm_config_once: 'true' }),
    /npm consumed --once: write -- before it, as in npm run up -- --once/,
  );
});

test('down and status take the state directory', () => {
  assert.deepEqual(parseCommand(['down']), { name: 'down', state: '.headwater' });
  assert.deepEqual(parseCommand(['status', '--state', 'here', '--json']), {
    name: 'status',
    options: { state: 'here', json: true, page: undefined },
  });
  assert.throws(() => parseCommand(['down', '--json']), /there is no option --json/);
  assert.throws(() => parseCommand(['stop']), /command must be up, down or status, got stop/);
});

test('the page of status has a port, and is no line of JSON', () => {
  const page = (...args: string[]): unknown => {
    const command = parseCommand(['status', '--serve', ...args]);
    return command.name === 'status' && command.options.page;
  };
  assert.equal(page(), 8082);
  assert.equal(page('--port', '0'), 0);
  assert.throws(() => page('--port', 'x'), /--port must be a whole number from 0 to 65535, got x/);
  assert.throws(() => page('--json'), /leave out --json/);
  assert.throws(() => parseCommand(['status', '--port', '1']), /--port is of the page: give --serve too/);
});
