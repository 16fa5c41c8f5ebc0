import type { checkServerIdentity } from 'node:tls';
import type { Variables } from '../service/variables.ts';

/** Brokers that the tests run, and that are supported. Another is refused where it does not speak the requests that are sent. */
export const TESTED_KAFKA = 'Kafka 3.9.2 and 4.4.0';

/**
 * How a program reaches Kafka, in the shape that the client takes. Credentials come from files, read once:
 * a rotated Secret is mounted under a new name and restarts the pod.
 */
export interface KafkaConnection {
  /** `host:port` of at least one broker. */
  readonly bootstrapBrokers: string[];
  readonly tls?: { readonly ca: string; readonly checkServerIdentity?: typeof checkServerIdentity };
  readonly sasl?: {
    readonly mechanism: 'SCRAM-SHA-512';
    readonly username: string;
    readonly password: string;
  };
}

/** The variables that every program reads to reach Kafka. */
export interface KafkaVariables {
  /** Comma-separated `host:port`. */
  readonly KAFKA_BOOTSTRAP_SERVERS: string;
  /** Path of a PEM file; sets TLS on. */
  readonly KAFKA_TLS_CA_FILE?: string;
  /** SCRAM-SHA-512; this and the next, or neither. */
  readonly KAFKA_SASL_USERNAME?: string;
  readonly KAFKA_SASL_PASSWORD_FILE?: string;
}

/** Reads {@link KafkaVariables}. */
export function readKafkaConnection(variables: Variables<keyof KafkaVariables>): KafkaConnection {
  const bootstrapBrokers = readBootstrapServers(variables);
  const ca = variables.file('KAFKA_TLS_CA_FILE');
  if (ca !== undefined && !ca.includes('-----BEGIN CERTIFICATE-----')) {
    variables.problem(
      'KAFKA_TLS_CA_FILE must name a file with at least one PEM certificate, found none in it',
    );
  }
  const username = variables.optionalText('KAFKA_SASL_USERNAME');
  const passwordFile = variables.optionalText('KAFKA_SASL_PASSWORD_FILE');
  const password = variables.file('KAFKA_SASL_PASSWORD_FILE')?.replace(/\r?\n$/, '');
  if ((username === undefined) !== (passwordFile === undefined)) {
    const [there, missing] =
      username === undefined
        ? ['KAFKA_SASL_PASSWORD_FILE', 'KAFKA_SASL_USERNAME']
        : ['KAFKA_SASL_USERNAME', 'KAFKA_SASL_PASSWORD_FILE'];
    variables.problem(`${missing} is required where ${there} is set`);
  }
  if (password === '')
    variables.problem('KAFKA_SASL_PASSWORD_FILE must name a file with a password, it is empty');
  return {
    bootstrapBrokers,
    ...(ca !== undefined && { tls: { ca } }),
    ...(username !== undefined &&
      password !== undefined && { sasl: { mechanism: 'SCRAM-SHA-512', username, password } }),
  };
}

/** Says so where what is sent to Kafka, and what comes from it, can be read and changed on the way. */
export function warnOfPlainText(
  { tls, sasl }: KafkaConnection,
  log: { readonly warn: (message: string) => void },
): void {
  if (sasl === undefined || tls !== undefined) return;
  log.warn(
    'KAFKA_SASL_USERNAME is set without KAFKA_TLS_CA_FILE: records cross the network in plain text, and so does what the ' +
      'password can be guessed from',
  );
}

function readBootstrapServers(variables: Variables<keyof KafkaVariables>): string[] {
  const allowed = 'a comma-separated list of host:port';
  const text = variables.text('KAFKA_BOOTSTRAP_SERVERS', { allowed });
  const servers = text
    .split(',')
    .map((server) => server.trim())
    .filter((server) => server !== '');
  for (const server of servers) {
    const port = Number(/^(?:[\w.-]+|\[[\da-fA-F:.]+\]):(\d+)$/.exec(server)?.[1]);
    if (!(port >= 1 && port <= 65_535)) variables.refuse('KAFKA_BOOTSTRAP_SERVERS', server, allowed);
  }
  return servers;
}
