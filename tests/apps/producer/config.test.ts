import assert from 'node:assert/strict';
import test from 'node:test';
import { readConfig } from '../../../apps/producer/config.ts';
import { VariablesError } from '../../../apps/service/variables.ts';

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
