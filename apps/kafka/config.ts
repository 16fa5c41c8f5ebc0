import type { checkServerIdentity } from 'node:tls';
import { z } from 'zod';
import { file, list, loginFile, text, whereGood, type VariablesOf } from '../service/variables.ts';

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

const bootstrapServer = z.string().refine(
  (server) => {
    const port = Number(/^(?:[\w.-]+|\[[\da-fA-F:.]+\]):(\d+)$/.exec(server)?.[1]);
    return port >= 1 && port <= 65_535;
  },
  { error: 'must be host:port' },
);

/** The variable that every program reads to find Kafka. */
export const bootstrapServers = list('a comma-separated list of host:port').pipe(z.array(bootstrapServer));

export const topicName = text(
  'a topic name: at most 249 letters, digits, dots, underscores and hyphens',
  /^(?!\.{1,2}$)[\w.-]{1,249}$/,
);

export const certificateFile = file('the path of a file with at least one PEM certificate', (content) =>
  content.includes('-----BEGIN CERTIFICATE-----'),
);

/** The variables of a program that reaches Kafka as a user, or without login. */
export const kafkaVariables = z
  .object({
    KAFKA_BOOTSTRAP_SERVERS: bootstrapServers,
    /** Sets TLS on. */
    KAFKA_TLS_CA_FILE: certificateFile.optional(),
    /** SCRAM-SHA-512; this and `KAFKA_SASL_PASSWORD_FILE`, or neither. */
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

/** The connection that {@link kafkaVariables} describe. */
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
