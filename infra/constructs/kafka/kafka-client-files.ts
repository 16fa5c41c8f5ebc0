import type { KafkaEndpoint } from './kafka-endpoint.ts';
import type { Mount } from '../workloads/mounts.ts';

/** Mount paths of a Kafka client's certificate authority and password. */
export const KAFKA_CLIENT_FILES = {
  ca: '/etc/kafka/ca/ca.crt',
  password: '/etc/kafka/login/password',
} as const;

/** Files of a client: only the authority from the certificate's Secret, and the client's password. */
export function kafkaClientMounts({ caSecret, login }: KafkaEndpoint): readonly Mount[] {
  return [
    ...(caSecret === undefined
      ? []
      : [{ kind: 'secret', secretName: caSecret, path: '/etc/kafka/ca', keys: ['ca.crt'] } as const]),
    ...(login === undefined
      ? []
      : [
          {
            kind: 'secret',
            secretName: login.passwordSecret,
            path: '/etc/kafka/login',
            keys: ['password'],
          } as const,
        ]),
  ];
}

/** Settings of a Java client. `password` is the program's expression to read the password from its file. */
export function javaClientProperties(
  { caSecret, login }: KafkaEndpoint,
  password: string,
): Readonly<Record<string, string>> {
  const tls = caSecret !== undefined;
  return {
    'security.protocol': `${login === undefined ? '' : 'SASL_'}${tls ? 'SSL' : 'PLAINTEXT'}`,
    ...(tls && { 'ssl.truststore.location': KAFKA_CLIENT_FILES.ca, 'ssl.truststore.type': 'PEM' }),
    ...(login !== undefined && {
      'sasl.jaas.config':
        'org.apache.kafka.common.security.scram.ScramLoginModule required ' +
        `username="${login.username}" password="${password}";`,
      'sasl.mechanism': 'SCRAM-SHA-512',
    }),
  };
}
