import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { readKafkaConnection } from '../../../apps/service/kafka.ts';
import { Variables, type Environment } from '../../../apps/service/variables.ts';

const certificate = '-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n';

function read(environment: Environment) {
  const variables = new Variables(environment);
  const connection = readKafkaConnection(variables);
  variables.check();
  return connection;
}

test('bootstrap servers are host:port pairs, names or addresses', () => {
  assert.deepEqual(read({ KAFKA_BOOTSTRAP_SERVERS: 'kafka-bootstrap:9092, 127.0.0.1:1,[::1]:65535' }), {
    bootstrapBrokers: ['kafka-bootstrap:9092', '127.0.0.1:1', '[::1]:65535'],
  });
  assert.throws(() => read({}), /KAFKA_BOOTSTRAP_SERVERS is required: a comma-separated list of host:port/);
  for (const server of ['kafka', 'kafka:', 'kafka:0', 'kafka:65536', 'http://kafka:9092', 'a b:1']) {
    const message = `KAFKA_BOOTSTRAP_SERVERS must be a comma-separated list of host:port, got "${server}"`;
    assert.throws(
      () => read({ KAFKA_BOOTSTRAP_SERVERS: server }),
      new RegExp(message.replaceAll('/', '\\/')),
    );
  }
});

test('TLS and SCRAM come from files, and neither content stands in an error', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'headwater-kafka-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const file = (name: string, content: string) => {
    writeFileSync(join(directory, name), content);
    return join(directory, name);
  };
  const environment = {
    KAFKA_BOOTSTRAP_SERVERS: 'kafka:9093',
    KAFKA_TLS_CA_FILE: file('ca.pem', certificate),
    KAFKA_SASL_USERNAME: 'producer',
    KAFKA_SASL_PASSWORD_FILE: file('password', 'p4ss word\n'),
  };
  assert.deepEqual(read(environment), {
    bootstrapBrokers: ['kafka:9093'],
    tls: { ca: certificate },
    sasl: { mechanism: 'SCRAM-SHA-512', username: 'producer', password: 'p4ss word' },
  });
  assert.throws(
    () => read({ ...environment, KAFKA_TLS_CA_FILE: file('key.pem', 'sekret') }),
    (error: Error) =>
      /with at least one PEM certificate/.test(error.message) && !error.message.includes('sekret'),
  );
  assert.throws(
    () => read({ ...environment, KAFKA_SASL_USERNAME: '' }),
    /KAFKA_SASL_USERNAME is required where KAFKA_SASL_PASSWORD_FILE is set/,
  );
  assert.throws(
    () => read({ ...environment, KAFKA_SASL_PASSWORD_FILE: '' }),
    /KAFKA_SASL_PASSWORD_FILE is required where KAFKA_SASL_USERNAME is set/,
  );
  assert.throws(
    () => read({ ...environment, KAFKA_SASL_PASSWORD_FILE: file('empty', '\n') }),
    /KAFKA_SASL_PASSWORD_FILE must name a file with a password, it is empty/,
  );
});
