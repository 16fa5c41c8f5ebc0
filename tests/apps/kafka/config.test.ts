import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { kafkaConnection, kafkaVariables, warnOfPlainText } from '../../../apps/kafka/config.ts';
import { readVariables, type Environment } from '../../../apps/service/variables.ts';
import { waitUntil } from '../../../infra/local/wait.ts';

const certificate = '-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n';

function read(environment: Environment) {
  return kafkaConnection(readVariables(kafkaVariables, environment));
}

test('bootstrap servers are host:port pairs, names or addresses', () => {
  assert.deepEqual(read({ KAFKA_BOOTSTRAP_SERVERS: 'kafka-bootstrap:9092, 127.0.0.1:1,[::1]:65535' }), {
    bootstrapBrokers: ['kafka-bootstrap:9092', '127.0.0.1:1', '[::1]:65535'],
  });
  assert.throws(() => read({}), /KAFKA_BOOTSTRAP_SERVERS is required: a comma-separated list of host:port/);
  for (const server of ['kafka', 'kafka:', 'kafka:0', 'kafka:65536', 'http://kafka:9092', 'a b:1']) {
    const message = `KAFKA_BOOTSTRAP_SERVERS[1]: must be host:port, got "${server}"`;
    assert.throws(
      () => read({ KAFKA_BOOTSTRAP_SERVERS: `kafka:1,${server}` }),
      (error: Error) => error.message.endsWith(message),
    );
  }
  assert.throws(
    () => read({ KAFKA_BOOTSTRAP_SERVERS: 'kafka:1,kafka:2,kafka:1' }),
    /KAFKA_BOOTSTRAP_SERVERS must be a comma-separated list of host:port, each once, got "kafka:1,kafka:2,kafka:1"/,
  );
  assert.throws(
    () => read({ KAFKA_BOOTSTRAP_SERVERS: ',' }),
    /KAFKA_BOOTSTRAP_SERVERS must be a comma-separated list of host:port, got ","/,
  );
});

test('credentials among the bootstrap servers are not shown, nor those of any other variable', () => {
  for (const [server, shown] of [
    ['user:sekret@kafka:9092', '***@kafka:9092'],
    ['user:sek@ret@kafka', '***@kafka'],
    ['sasl://user:sekret@kafka:9092', 'sasl://***@kafka:9092'],
  ] as const) {
    assert.throws(
      () => read({ KAFKA_BOOTSTRAP_SERVERS: `kafka:1,${server}` }),
      (error: Error) => error.message.endsWith(`got "${shown}"`) && !error.message.includes('sek'),
    );
  }
});

test('a user without TLS is warned of, and nobody else', () => {
  const sasl = { mechanism: 'SCRAM-SHA-512', username: 'producer', password: 'sekret' } as const;
  const bootstrapBrokers = ['kafka:9092'];
  const warnings: string[] = [];
  const log = { warn: (message: string) => void warnings.push(message) };
  warnOfPlainText({ bootstrapBrokers }, log);
  warnOfPlainText({ bootstrapBrokers, sasl, tls: { ca: certificate } }, log);
  assert.deepEqual(warnings, []);
  warnOfPlainText({ bootstrapBrokers, sasl }, log);
  assert.equal(warnings.length, 1);
  assert.match(warnings.join(), /^KAFKA_SASL_USERNAME is set without KAFKA_TLS_CA_FILE: records cross/);
  assert.doesNotMatch(warnings.join(), /sekret|producer/);
});

for (const program of ['producer', 'consumer', 'topics']) {
  test(`the ${program} warns of a user without TLS when it starts`, async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'headwater-kafka-'));
    t.after(() => rmSync(directory, { recursive: true }));
    const password = join(directory, 'password');
    writeFileSync(password, 'sekret');
    const main = fileURLToPath(new URL(`../../../apps/${program}/main.ts`, import.meta.url));
    const child = spawn(process.execPath, [main], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        // Nobody answers there.
        KAFKA_BOOTSTRAP_SERVERS: '127.0.0.1:1',
        KAFKA_SASL_USERNAME: 'collector',
        KAFKA_SASL_PASSWORD_FILE: password,
        KAFKA_TOPIC: 'events',
        KAFKA_GROUP_ID: 'archive',
        STORE_BUCKET: 'events',
        TOPICS: '[]',
        LISTEN_ADDRESS: '127.0.0.1',
        PORT: '0',
      },
    });
    let output = '';
    child.stdout.on('data', (data: Buffer) => (output += data.toString()));
    const exited = once(child, 'exit');
    const warned = () => output.includes('"level":"warn"') && output.includes('KAFKA_TLS_CA_FILE');
    try {
      await waitUntil(() => warned() || child.exitCode !== null, { what: 'a warning', deadlineMs: 60_000 });
    } finally {
      child.kill('SIGKILL');
      await exited;
    }
    assert.ok(warned(), output);
    assert.doesNotMatch(output, /sekret/);
  });
}

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
    /KAFKA_SASL_PASSWORD_FILE must be the path of a file with a password, got ".*empty"/,
  );
});
