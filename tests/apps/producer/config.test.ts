import assert from 'node:assert/strict';
import test from 'node:test';
import { readConfig } from '../../../apps/producer/config.ts';
import { VariablesError } from '../../../apps/service/variables.ts';
import { KeyFiles } from './sources/files.ts';

const required = { KAFKA_BOOTSTRAP_SERVERS: 'kafka-bootstrap:9092', KAFKA_TOPIC: 'events' };

function problems(environment: Record<string, string>): readonly string[] {
  try {
    readConfig(environment);
  } catch (error) {
    if (error instanceof VariablesError) return error.problems;
    throw error;
  }
  return [];
}

test('two variables are required, the rest has the documented defaults', () => {
  assert.deepEqual(readConfig(required), {
    kafka: { bootstrapBrokers: ['kafka-bootstrap:9092'] },
    topic: 'events',
    listen: { host: '0.0.0.0', port: 8080 },
    logLevel: 'info',
    http: { maxBodyBytes: 1_000_000, requestTimeoutMs: 30_000 },
    sources: undefined,
    fastPath: true,
    delivery: {
      lingerMs: 1,
      batchMaxRecords: 1_000,
      batchMaxBytes: 524_288,
      deliveryTimeoutMs: 25_000,
    },
    queue: { maxRecords: 40_000, maxBytes: 50_331_648 },
    drainDelayMs: 2_000,
    shutdownDeadlineMs: 30_000,
  });
  assert.deepEqual(problems({}), [
    'KAFKA_BOOTSTRAP_SERVERS is required: a comma-separated list of host:port',
    'KAFKA_TOPIC is required: a topic name: at most 249 letters, digits, dots, underscores and hyphens',
  ]);
});

test('every bad variable is named at once, with what is allowed', () => {
  const bad = {
    KAFKA_TOPIC: 'a topic',
    PORT: '65536',
    LOG_LEVEL: 'loud',
    MAX_BODY_BYTES: '0',
    REQUEST_TIMEOUT_MS: '-1',
    LINGER_MS: '1001',
    BATCH_MAX_RECORDS: '0',
    BATCH_MAX_BYTES: '1.5',
    QUEUE_MAX_RECORDS: 'many',
    QUEUE_MAX_BYTES: '1',
    DELIVERY_TIMEOUT_MS: '1',
    DRAIN_DELAY_MS: '-5',
    SHUTDOWN_DEADLINE_MS: '0',
  };
  const found = problems({ ...required, ...bad });
  for (const [name, value] of Object.entries(bad)) {
    assert.ok(
      found.some((problem) => problem.startsWith(`${name} must be `) && problem.endsWith(`got "${value}"`)),
      `${name} in ${found.join('\n')}`,
    );
  }
});

test('a topic name is what Kafka allows', () => {
  for (const topic of ['.', '..', 'a/b', 'é', 'x'.repeat(250)]) {
    assert.equal(problems({ ...required, KAFKA_TOPIC: topic }).length, 1, topic);
  }
  for (const topic of ['...', 'a.b_c-D9', 'x'.repeat(249)]) {
    assert.deepEqual(problems({ ...required, KAFKA_TOPIC: topic }), [], topic);
  }
});

test('limits that contradict each other are refused together', () => {
  assert.deepEqual(problems({ ...required, MAX_BODY_BYTES: '2000000', QUEUE_MAX_BYTES: '2000000' }), [
    'QUEUE_MAX_BYTES must be at least MAX_BODY_BYTES (2000000) + 65536, got "2000000": ' +
      'a body of the allowed size would never fit',
  ]);
  assert.deepEqual(problems({ ...required, SHUTDOWN_DEADLINE_MS: '5000', DRAIN_DELAY_MS: '2501' }), [
    'DRAIN_DELAY_MS must be at most half of SHUTDOWN_DEADLINE_MS (5000), got "2501": ' +
      'requests under way need the rest',
  ]);
});

test('sources are read with their limits', async (t) => {
  const files = await KeyFiles.create(t);
  const sources = {
    web: {
      who: 'keys',
      keysFile: await files.put('web', 'a'),
      limits: { bytesPerSecond: 0.5, burstSeconds: 2 },
      limitsPerKey: { requestsPerSecond: 1, eventsPerSecond: 2, burstSeconds: 1 },
    },
    page: { who: 'open', reason: 'a test' },
  };
  assert.deepEqual(readConfig({ ...required, SOURCES: JSON.stringify(sources) }).sources, sources);
});

test('bad sources are refused, each with what is allowed', async (t) => {
  const files = await KeyFiles.create(t);
  const keysFile = await files.put('web', 'a', 'b');
  const same = await files.put('same', 'b');
  const empty = await files.write('empty', '');
  const broken = await files.write('broken', 'headwater_secret\n');
  const keys = (path: string, more: object = {}) => ({ who: 'keys', keysFile: path, ...more });
  const limits = (more: object) => keys(keysFile, { limits: more });
  const rows: readonly (readonly [unknown, string])[] = [
    [{}, 'SOURCES must be an object with at least one source, got "{}"'],
    [
      { a: { who: 'open', reason: 'a test' }, b: { who: 'open', reason: 'a test' } },
      'SOURCES must be sources of which at most one is open: a request without a key would belong to none, ' +
        'got "{\\"a\\":{\\"who\\":\\"open\\",\\"reason\\":\\"a test\\"},\\"b\\":{\\"who\\":\\"open\\",\\"reason\\":\\"a test\\"}}"',
    ],
    [
      { web: keys('/no/such') },
      'SOURCES.web.keysFile: must be the path of a file of keys, but the file cannot be read (ENOENT), got "/no/such"',
    ],
    [
      { web: keys(empty) },
      'SOURCES.web.keysFile: must be the path of a file of keys, but the file is empty: a line that begins with # says ' +
        `that no key is meant, got "${empty}"`,
    ],
    [
      { web: keys(broken) },
      'SOURCES.web.keysFile: must be the path of a file of keys, but the file line 1 must be sha256: and 64 digits of ' +
        `0-9a-f, and may have a # comment, got "${broken}"`,
    ],
    [
      { web: keys(keysFile), app: keys(same) },
      `SOURCES.app.keysFile: must have keys of its own, but the file has a key of the source web, got "${same}"`,
    ],
    [{ page: { who: 'open', reason: '' } }, 'SOURCES.page.reason: must say why anybody may send, got ""'],
    [
      { web: limits({ burstSeconds: 1 }) },
      'SOURCES.web.limits: must have at least one of requestsPerSecond, eventsPerSecond and bytesPerSecond, got ' +
        '{"burstSeconds":1}',
    ],
    [
      { web: limits({ requestsPerSecond: 0, burstSeconds: 1 }) },
      'SOURCES.web.limits.requestsPerSecond: must be a number above 0, got 0',
    ],
  ];
  for (const [value, problem] of rows)
    assert.deepEqual(problems({ ...required, SOURCES: JSON.stringify(value) }), [problem]);
});
