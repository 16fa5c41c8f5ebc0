import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readKafkaConnection, type KafkaVariables } from '../kafka/config.ts';
import { logLevels, type LogLevel } from '../service/log.ts';
import { Variables, type Environment } from '../service/variables.ts';

/** The environment variables of the users program. It logs in with a certificate: no user is there yet. */
export interface UsersVariables extends Pick<KafkaVariables, 'KAFKA_BOOTSTRAP_SERVERS'> {
  /** Paths of PEM files: the authority of the brokers' certificates, our own certificate, and its key. */
  readonly KAFKA_TLS_CA_FILE: string;
  readonly KAFKA_TLS_CERTIFICATE_FILE: string;
  readonly KAFKA_TLS_KEY_FILE: string;
  /** Comma-separated names. */
  readonly USERS: string;
  /** Directory with the password of each user in `<user>/password`. */
  readonly USERS_DIRECTORY: string;
  /** How long to wait for Kafka. @default "120000" */
  readonly DEADLINE_MS?: string;
  /** silent, fatal, error, warn, info, debug or trace. @default "info" */
  readonly LOG_LEVEL?: LogLevel;
}

/** A user and the password that it shall have. */
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
  const variables = new Variables<keyof UsersVariables | keyof KafkaVariables>(environment);
  const { bootstrapBrokers, tls } = readKafkaConnection(variables);
  const config = {
    bootstrapBrokers,
    tls: {
      ca: tls?.ca ?? readRequired(variables, 'KAFKA_TLS_CA_FILE'),
      cert: readRequired(variables, 'KAFKA_TLS_CERTIFICATE_FILE'),
      key: readRequired(variables, 'KAFKA_TLS_KEY_FILE'),
    },
    users: readUsers(variables),
    deadlineMs: variables.integer('DEADLINE_MS', { default: 120_000, min: 1_000, max: 3_600_000 }),
    logLevel: variables.choice('LOG_LEVEL', logLevels, 'info'),
  };
  variables.check();
  return config;
}

function readRequired(
  variables: Variables<keyof UsersVariables>,
  name: 'KAFKA_TLS_CA_FILE' | 'KAFKA_TLS_CERTIFICATE_FILE' | 'KAFKA_TLS_KEY_FILE',
): string {
  variables.text(name, { allowed: 'the path of a PEM file' });
  return variables.file(name) ?? '';
}

function readUsers(variables: Variables<keyof UsersVariables>): readonly User[] {
  const directory = variables.text('USERS_DIRECTORY', { allowed: 'the path of a directory' });
  const names = variables
    .text('USERS', { allowed: 'comma-separated names' })
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  return names.map((name) => {
    const path = join(directory, name, 'password');
    let password = '';
    try {
      password = readFileSync(path, 'utf8').replace(/\r?\n$/, '');
    } catch (error) {
      const reason = (error as NodeJS.ErrnoException).code ?? '';
      variables.problem(
        `USERS_DIRECTORY must hold a password for ${name}, ${path} is not readable (${reason})`,
      );
      return { name, password };
    }
    if (password === '')
      variables.problem(`USERS_DIRECTORY must hold a password for ${name}, ${path} is empty`);
    return { name, password };
  });
}
