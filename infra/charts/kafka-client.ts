import type { Construct } from 'constructs';
import type { KafkaVariables } from '../../apps/kafka/config.ts';
import type { KafkaEndpoint } from '../constructs/kafka/kafka-endpoint.ts';
import type { Mount } from '../constructs/workloads/mounts.ts';
import { requireThat } from '../constructs/workloads/requirements.ts';
import type { Environment } from '../environments/environment.ts';

const CA_PATH = '/etc/headwater-kafka-ca';
const LOGIN_PATH = '/etc/headwater-kafka-login';

/** Programs that log in to Kafka, each as its own user. */
export type KafkaUser = keyof Extract<
  Extract<Environment['kafka']['security'], { protocol: 'tls' }>['authentication'],
  { mechanism: 'scram-sha-512' }
>['users'];

/** Connection of one of our programs to the brokers: its variables, and the files that they name. */
export interface KafkaClient {
  readonly variables: KafkaVariables;
  readonly mounts: readonly Mount[];
}

/** Connection and login of one program, according to the environment's security settings. */
export function kafkaClient(environment: Environment, kafka: KafkaEndpoint, user: KafkaUser): KafkaClient {
  const { security } = environment.kafka;
  const mounts: Mount[] = [];
  if (kafka.caSecret !== undefined)
    mounts.push({ kind: 'secret', secretName: kafka.caSecret, path: CA_PATH, keys: ['ca.crt'] });
  const password =
    security.protocol === 'tls' && security.authentication.mechanism === 'scram-sha-512'
      ? security.authentication.users[user]
      : undefined;
  if (password !== undefined) mounts.push({ kind: 'secret', secretName: password, path: LOGIN_PATH });
  return {
    variables: {
      KAFKA_BOOTSTRAP_SERVERS: kafka.bootstrapServers,
      ...(kafka.caSecret !== undefined && { KAFKA_TLS_CA_FILE: `${CA_PATH}/ca.crt` }),
      ...(password !== undefined && {
        KAFKA_SASL_USERNAME: user,
        KAFKA_SASL_PASSWORD_FILE: `${LOGIN_PATH}/password`,
      }),
    },
    mounts,
  };
}

/** The brokers' endpoint for a third-party program, with its login if there is one. */
export function kafkaEndpointFor(
  scope: Construct,
  environment: Environment,
  kafka: KafkaEndpoint,
  user: KafkaUser,
): KafkaEndpoint {
  const { security } = environment.kafka;
  if (security.protocol !== 'tls' || security.authentication.mechanism !== 'scram-sha-512') return kafka;
  const passwordSecret = security.authentication.users[user] ?? '';
  requireThat(scope, passwordSecret !== '', {
    subject: 'environment',
    property: `kafka.security.authentication.users.${user}`,
    value: passwordSecret,
    allowed: 'the name of a Secret',
    because: 'the brokers refuse clients without a login',
  });
  return { ...kafka, login: { username: user, passwordSecret } };
}
