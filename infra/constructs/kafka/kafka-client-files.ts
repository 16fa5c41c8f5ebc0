import type { KafkaEndpoint } from './kafka-endpoint.ts';
import type { Mount } from '../workloads/mounts.ts';

/** Where a Kafka client's certificate authority and password are mounted. */
export const KAFKA_CLIENT_FILES = {
  ca: '/etc/kafka/ca/ca.crt',
  password: '/etc/kafka/login/password',
} as const;

/** The files of a client: the authority alone of the certificate's Secret, and its own password. */
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

/** Settings of a Java client. `password` is the expression by which the program at hand reads it from its file. */
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
