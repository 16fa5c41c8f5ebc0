import assert from 'node:assert/strict';
import { pbkdf2Sync, randomBytes } from 'node:crypto';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { after, before, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { alterUserScramCredentialsV0, Connection } from '@platformatic/kafka';
import type { ProducerVariables } from '../../apps/producer/config.ts';
import { runCommand } from '../../infra/local/command.ts';
import { findFreePort } from '../../infra/local/ports.ts';
import { waitUntil } from '../../infra/local/wait.ts';
import { readMetric } from '../faults/metric.ts';
import { KafkaUnderTest, upload } from './producer/kafka-under-test.ts';

const STORE_PASSWORD = 'changeit';
/** How long a session lasts before the client must say again who it is. */
const SESSION_MS = 4_000;

let under: KafkaUnderTest;
let secure: Partial<ProducerVariables>;

before(async () => {
  under = await KafkaUnderTest.create(1);
  const { kafka, directory } = under;
  const port = await findFreePort();
  const keystore = join(directory, 'broker.p12');
  const ca = join(directory, 'ca.pem');
  const store = ['-keystore', keystore, '-storepass', STORE_PASSWORD, '-alias', 'broker'];
  const subject = ['-dname', 'CN=kafka', '-ext', 'san=ip:127.0.0.1', '-keyalg', 'EC'];
  const options = { host: process, cwd: directory };
  await runCommand('keytool', ['-genkeypair', '-storetype', 'PKCS12', ...store, ...subject], options);
  await runCommand('keytool', ['-exportcert', '-rfc', '-file', ca, ...store], options);
  // Later lines take precedence; the plain listener stays, for the cluster's own handle.
  const properties = {
    listeners: `PLAINTEXT://${kafka.bootstrapServers},SASL_SSL://127.0.0.1:${port}`,
    'advertised.listeners': `PLAINTEXT://${kafka.bootstrapServers},SASL_SSL://127.0.0.1:${port}`,
    'ssl.keystore.type': 'PKCS12',
    'ssl.keystore.location': keystore,
    'ssl.keystore.password': STORE_PASSWORD,
    'sasl.enabled.mechanisms': 'SCRAM-SHA-512',
    'listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config':
      'org.apache.kafka.common.security.scram.ScramLoginModule required;',
    'connections.max.reauth.ms': SESSION_MS,
  };
  const lines = Object.entries(properties).map(([name, value]) => `${name}=${value}\n`);
  await appendFile(join(directory, 'kafka-1.properties'), `\n${lines.join('')}`);
  await kafka.start();
  await addUser('collector', 'p4ss word');
  await under.makeTopic('secure', 3);
  await writeFile(join(directory, 'password'), 'p4ss word\n');
  await writeFile(join(directory, 'wrong-password'), 'guess\n');
  secure = {
    KAFKA_BOOTSTRAP_SERVERS: `127.0.0.1:${port}`,
    KAFKA_TLS_CA_FILE: ca,
    KAFKA_SASL_USERNAME: 'collector',
    KAFKA_SASL_PASSWORD_FILE: join(directory, 'password'),
  };
});
after(() => under.stop());

async function addUser(name: string, password: string): Promise<void> {
  const connection = new Connection('test');
  const [host = '', port = ''] = under.kafka.bootstrapServers.split(':');
  await connection.connect(host, Number(port));
  const salt = randomBytes(16);
  const iterations = 4_096;
  const saltedPassword = pbkdf2Sync(password, salt, iterations, 64, 'sha512');
  const user = { name, mechanism: 2, iterations, salt, saltedPassword };
  await alterUserScramCredentialsV0.api.async(connection, [], [user]);
  await connection.close();
}

async function reasonNotReady(t: TestContext, variables: Partial<ProducerVariables>): Promise<string> {
  const producer = await under.createProducer(t, 'secure', { ...secure, ...variables });
  await producer.spawn();
  await producer.live();
  return waitUntil(
    async () => {
      const answer = await fetch(`${producer.endpoint}/readyz`);
      const { reason = '' } = (await answer.json()) as { reason?: string };
      return answer.status === 503 && reason !== 'Kafka has not responded yet' && reason;
    },
    { what: 'a reason', deadlineMs: 60_000 },
  );
}

test('over TLS, with a password: taken through the end of several sessions, without a failed attempt', async (t) => {
  const producer = await under.startProducer(t, 'secure', secure);
  const end = performance.now() + 3 * SESSION_MS;
  let sent = 0;
  while (performance.now() < end) {
    const answers = await Promise.all(Array.from({ length: 5 }, () => upload(producer, String(sent++))));
    assert.ok(answers.every(({ status }) => status === 201));
    await delay(20);
  }
  const attempts = await readMetric(producer, 'headwater_producer_produce_attempts_total');
  t.diagnostic(`${sent} events; attempts: ${[...attempts].join('; ')}`);
  assert.deepEqual(
    [...attempts.keys()].filter((labels) => !/"(stored|no_producer_id)"/.test(labels)),
    [],
  );
  assert.equal((await readFile(producer.logFile, 'utf8')).includes('p4ss'), false);
});

test('a wrong password and a stranger’s certificate: not ready, and the reason says which', async (t) => {
  const wrongPassword = { KAFKA_SASL_PASSWORD_FILE: join(under.directory, 'wrong-password') };
  assert.match(await reasonNotReady(t, wrongPassword), /SASL authentication failed/);
  const keystore = ['-keystore', join(under.directory, 'other.p12'), '-storepass', STORE_PASSWORD];
  const options = { host: process, cwd: under.directory };
  await runCommand('keytool', ['-genkeypair', '-keyalg', 'EC', '-dname', 'CN=other', ...keystore], options);
  const other = join(under.directory, 'other.pem');
  await runCommand('keytool', ['-exportcert', '-rfc', '-file', other, ...keystore], options);
  assert.match(
    await reasonNotReady(t, { KAFKA_TLS_CA_FILE: other }),
    /self-signed certificate|unable to verify/,
  );
});
