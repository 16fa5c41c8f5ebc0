import assert from 'node:assert/strict';
import fs, { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { readConfig } from '../../../apps/users/config.ts';

const directory = mkdtempSync(join(tmpdir(), 'headwater-users-'));
after(() => rmSync(directory, { recursive: true, force: true }));

function write(name: string, text: string): string {
  const path = join(directory, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text);
  return path;
}

const certificate = '-----BEGIN CERTIFICATE-----\n';
const environment = {
  KAFKA_BOOTSTRAP_SERVERS: 'kafka-brokers:9091',
  KAFKA_TLS_CA_FILE: write('ca.crt', certificate),
  KAFKA_TLS_CERTIFICATE_FILE: write('tls.crt', certificate),
  KAFKA_TLS_KEY_FILE: write('tls.key', '-----BEGIN PRIVATE KEY-----\n'),
  USERS: 'consumer, producer',
  USERS_DIRECTORY: directory,
};
write('producer/password', 'one\n');
write('consumer/password', 'two with spaces ');

test('each password is its file, without the line break at the end', () => {
  const { users, bootstrapBrokers } = readConfig(environment);
  assert.deepEqual(users, [
    { name: 'consumer', password: 'two with spaces ' },
    { name: 'producer', password: 'one' },
  ]);
  assert.deepEqual(bootstrapBrokers, ['kafka-brokers:9091']);
});

test('each password is read once', (t) => {
  const { mock } = t.mock.method(fs, 'readFileSync');
  syncBuiltinESMExports();
  readConfig(environment);
  mock.restore();
  syncBuiltinESMExports();
  const read = mock.calls
    .map(({ arguments: [path] }) => String(path))
    .filter((path) => path.endsWith('password'));
  assert.deepEqual(read, [join(directory, 'consumer/password'), join(directory, 'producer/password')]);
});

test('a user who stands twice is refused', () => {
  assert.throws(
    () => readConfig({ ...environment, USERS: 'consumer,producer, consumer' }),
    ({ message }: Error) =>
      message.endsWith(
        '\n  USERS must be comma-separated names, each once, got "consumer,producer, consumer"',
      ),
  );
});

test('a list of users without a name is refused', () => {
  for (const USERS of [',', ' , ,']) {
    assert.throws(
      () => readConfig({ ...environment, USERS }),
      ({ message }: Error) => message.includes(`USERS must be comma-separated names, got "${USERS.trim()}"`),
    );
  }
});

test('a missing password is named, beside everything else that is wrong', () => {
  assert.throws(
    () =>
      readConfig({ ...environment, USERS: 'producer,topics', KAFKA_TLS_KEY_FILE: '', DEADLINE_MS: 'soon' }),
    ({ message }: Error) => {
      assert.match(message, /KAFKA_TLS_KEY_FILE is required: the path of a PEM file/);
      assert.match(message, /USERS_DIRECTORY must hold a password for topics, .* is not readable \(ENOENT\)/);
      assert.match(message, /DEADLINE_MS must be a whole number from 1000 to 3600000, got "soon"/);
      assert.doesNotMatch(message, /one/);
      return true;
    },
  );
});
