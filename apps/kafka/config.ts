import type { checkServerIdentity } from 'node:tls';
import { z } from 'zod';
import { file, list, loginFile, text, whereGood, type VariablesOf } from '../service/variables.ts';

/** The tested and supported brokers. A broker that does not support the versions of the requests is refused. */
export const TESTED_KAFKA = 'Kafka 3.9.2 and 4.4.0';

/**
 * How a program connects to Kafka, in the form of the client's options. Credentials are read from files once: a rotated
 * Secret is mounted under a new name and restarts the pod.
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

const bootstrapServer = z.string().refine(
  (server) => {
    const port = Number(/^(?:[\w.-]+|\[[\da-fA-F:.]+\]):(\d+)$/.exec(server)?.[1]);
    return port >= 1 && port <= 65_535;
  },
  { error: 'must be host:port' },
);

/** Read by every program that connects to Kafka. */
export const bootstrapServers = list('a comma-separated list of host:port').pipe(z.array(bootstrapServer));

export const topicName = text(
  'a topic name: at most 249 letters, digits, dots, underscores and hyphens',
  /^(?!\.{1,2}$)[\w.-]{1,249}$/,
);

export const certificateFile = file('the path of a file with at least one PEM certificate', (content) =>
  content.includes('-----BEGIN CERTIFICATE-----'),
);

/** The variables of a program that logs in to Kafka with SCRAM, or not at all. */
export const kafkaVariables = z
  .object({
    KAFKA_BOOTSTRAP_SERVERS: bootstrapServers,
    /** Turns on TLS. */
    KAFKA_TLS_CA_FILE: certificateFile.optional(),
    /** For SCRAM-SHA-512; requires `KAFKA_SASL_PASSWORD_FILE`. */
    KAFKA_SASL_USERNAME: text('the name of a user').optional(),
    KAFKA_SASL_PASSWORD_FILE: loginFile(
      'the path of a file with a password',
      (password) => password !== '',
    ).optional(),
  })
  .superRefine(
    ({ KAFKA_SASL_USERNAME: username, KAFKA_SASL_PASSWORD_FILE: password }, context) => {
      if (username !== undefined && password === undefined) {
        context.addIssue('KAFKA_SASL_PASSWORD_FILE is required where KAFKA_SASL_USERNAME is set');
      }
      if (username === undefined && password !== undefined) {
        context.addIssue('KAFKA_SASL_USERNAME is required where KAFKA_SASL_PASSWORD_FILE is set');
      }
    },
    whereGood('KAFKA_SASL_USERNAME', 'KAFKA_SASL_PASSWORD_FILE'),
  );

export type KafkaVariables = VariablesOf<typeof kafkaVariables>;

/** Maps {@link kafkaVariables} to connection options. */
export function kafkaConnection(variables: z.output<typeof kafkaVariables>): KafkaConnection {
  const {
    KAFKA_BOOTSTRAP_SERVERS: bootstrapBrokers,
    KAFKA_TLS_CA_FILE: ca,
    KAFKA_SASL_USERNAME: username,
    KAFKA_SASL_PASSWORD_FILE: password,
  } = variables;
  return {
    bootstrapBrokers,
    ...(ca !== undefined && { tls: { ca } }),
    ...(username !== undefined &&
      password !== undefined && { sasl: { mechanism: 'SCRAM-SHA-512', username, password } }),
  };
}

/** Logs a warning if a user logs in without TLS. */
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
