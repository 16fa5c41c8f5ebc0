import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { bootstrapServers, certificateFile } from '../kafka/config.ts';
import { logLevels, type LogLevel } from '../service/log.ts';
import {
  file,
  integer,
  list,
  oneOf,
  readVariables,
  text,
  whereGood,
  withoutLineBreak,
  type Environment,
  type VariablesOf,
} from '../service/variables.ts';

/** The environment variables of the users program. It logs in with a certificate, since no user exists yet. */
export const usersVariables = z.object({
  KAFKA_BOOTSTRAP_SERVERS: bootstrapServers,
  /** Certificate authority of the brokers. */
  KAFKA_TLS_CA_FILE: certificateFile,
  /** Certificate of this program. */
  KAFKA_TLS_CERTIFICATE_FILE: file('the path of a PEM file'),
  /** Key of that certificate. */
  KAFKA_TLS_KEY_FILE: file('the path of a PEM file'),
  USERS: list('comma-separated names'),
  /** Directory with the password of each user in `<user>/password`. */
  USERS_DIRECTORY: text('the path of a directory'),
  /** How long to wait for Kafka. */
  DEADLINE_MS: integer(1_000, 3_600_000).default(120_000),
  LOG_LEVEL: oneOf(logLevels).default('info'),
});

export type UsersVariables = VariablesOf<typeof usersVariables>;

/** A user and its declared password. */
export interface User {
  readonly name: string;
  readonly password: string;
}

export interface UsersConfig {
  readonly bootstrapBrokers: string[];
  readonly tls: { readonly ca: string; readonly cert: string; readonly key: string };
  readonly users: readonly User[];
  readonly deadlineMs: number;
  readonly logLevel: LogLevel;
}

/** @throws {VariablesError} naming every bad variable */
export function readConfig(environment: Environment): UsersConfig {
  const users: User[] = [];
  const variables = readVariables(
    usersVariables.superRefine(
      ({ USERS: names, USERS_DIRECTORY: directory }, context) => {
        for (const name of names) {
          const path = join(directory, name, 'password');
          const password = readPassword(path, (fault) =>
            context.addIssue(`USERS_DIRECTORY must hold a password for ${name}, ${path} is ${fault}`),
          );
          if (password !== undefined) users.push({ name, password });
        }
      },
      whereGood('USERS', 'USERS_DIRECTORY'),
    ),
    environment,
  );
  return {
    bootstrapBrokers: variables.KAFKA_BOOTSTRAP_SERVERS,
    tls: {
      ca: variables.KAFKA_TLS_CA_FILE,
      cert: variables.KAFKA_TLS_CERTIFICATE_FILE,
      key: variables.KAFKA_TLS_KEY_FILE,
    },
    users,
    deadlineMs: variables.DEADLINE_MS,
    logLevel: variables.LOG_LEVEL,
  };
}

function readPassword(path: string, refuse: (fault: string) => void): string | undefined {
  try {
    const password = withoutLineBreak(readFileSync(path, 'utf8'));
    if (password !== '') return password;
    refuse('empty');
  } catch (error) {
    refuse(`not readable (${(error as NodeJS.ErrnoException).code ?? ''})`);
  }
  return undefined;
}
