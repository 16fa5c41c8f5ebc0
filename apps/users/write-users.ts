import { pbkdf2Sync, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Admin, ScramMechanisms } from '@platformatic/kafka';
import { alterUserScramCredentialsV0, Connection } from '../kafka/client.ts';
import type { Log } from '../service/log.ts';
import type { User, UsersConfig } from './config.ts';

const CLIENT_ID = 'headwater-users';
/** Kafka's minimum and default: https://kafka.apache.org/39/security/authentication-using-sasl/ */
const ITERATIONS = 8192;
const SHA_512_BYTES = 64;
const PAUSE_MS = 1000;

/** The form in which Kafka stores a password. */
export interface ScramCredential {
  readonly iterations: number;
  readonly salt: Buffer;
  readonly saltedPassword: Buffer;
}

/** Derives the SCRAM-SHA-512 credential of a password (RFC 5802, RFC 7677). */
export function deriveCredential(password: string, salt: Buffer = randomBytes(32)): ScramCredential {
  const saltedPassword = pbkdf2Sync(password, salt, ITERATIONS, SHA_512_BYTES, 'sha512');
  return { iterations: ITERATIONS, salt, saltedPassword };
}

/**
 * Sets the password of every user. Setting the same password again does not affect connected clients.
 *
 * @throws {Error} at the deadline, with the last error
 */
export async function writeUsers(
  {
    bootstrapBrokers,
    tls,
    users,
    deadlineMs,
  }: Pick<UsersConfig, 'bootstrapBrokers' | 'tls' | 'users' | 'deadlineMs'>,
  log: Log,
): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    try {
      const { host, port } = await findController(bootstrapBrokers, tls);
      await writeTo(host, port, tls, users);
      return;
    } catch (error) {
      if (performance.now() > deadline) {
        throw new Error(`kafka did not take the users within ${deadlineMs} ms`, { cause: error });
      }
      log.warn({ err: error }, 'kafka refused, trying again');
    }
    await sleep(PAUSE_MS);
  }
}

/**
 * Finds the broker that accepts changes of users: with ZooKeeper the controller; with KRaft any broker forwards them.
 */
async function findController(
  bootstrapBrokers: string[],
  tls: UsersConfig['tls'],
): Promise<{ readonly host: string; readonly port: number }> {
  const admin = new Admin({ clientId: CLIENT_ID, bootstrapBrokers, tls, retries: 0 });
  try {
    const { brokers, controllerId } = await admin.metadata({ topics: [], forceUpdate: true });
    const controller = brokers.get(controllerId);
    if (controller === undefined) throw new Error(`no broker is the controller (${controllerId}) yet`);
    return controller;
  } finally {
    await admin.close();
  }
}

async function writeTo(
  host: string,
  port: number,
  tls: UsersConfig['tls'],
  users: readonly User[],
): Promise<void> {
  const connection = new Connection(CLIENT_ID, { tls, tlsServerName: true });
  await connection.connect(host, port);
  try {
    await alterUserScramCredentialsV0.api.async(
      connection,
      [],
      users.map(({ name, password }) => ({
        name,
        mechanism: ScramMechanisms.SCRAM_SHA_512,
        ...deriveCredential(password),
      })),
    );
  } finally {
    await connection.close();
  }
}
