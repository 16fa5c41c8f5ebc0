import type { ConsumerVariables } from '../../apps/consumer/config.ts';
import { CONSUMER_PORT } from '../constructs/events/consumer.ts';
import type { Mount } from '../constructs/workloads/mounts.ts';
import type { Environment } from '../environments/environment.ts';
import { toBytes, toMs } from '../environments/quantities.ts';
import type { KafkaClient } from './kafka-client.ts';

const STORE_CA_PATH = '/etc/object-store/ca';
const STORE_LOGIN_PATH = '/etc/object-store/login';

/** Group by which the consumers share the partitions. */
const GROUP_ID = 'consumer';

/** The consumer's variables, and one that the AWS SDK reads itself. */
type Variables = ConsumerVariables & { readonly AWS_SHARED_CREDENTIALS_FILE?: string };

/** The consumer's environment variables. */
export function consumerVariables(
  { consumer, eventsTopic, objectStore }: Environment,
  client: KafkaClient,
): Variables {
  const { caSecret, credentials } = objectStore;
  return {
    ...client.variables,
    KAFKA_TOPIC: eventsTopic,
    KAFKA_GROUP_ID: GROUP_ID,
    PORT: String(CONSUMER_PORT),
    STORE_ENDPOINT: objectStore.endpoint,
    STORE_BUCKET: objectStore.bucket,
    STORE_PREFIX: consumer.prefix,
    ...(consumer.continues !== undefined && { STORE_CONTINUES: consumer.continues }),
    STORE_REGION: objectStore.region,
    STORE_PATH_STYLE: objectStore.pathStyle ? 'true' : 'false',
    STORE_CHECKSUMS: objectStore.checksums,
    ...(caSecret !== undefined && { STORE_CA_FILE: `${STORE_CA_PATH}/ca.crt` }),
    ...(credentials.kind === 'secret' && { AWS_SHARED_CREDENTIALS_FILE: `${STORE_LOGIN_PATH}/credentials` }),
    DELIVERY: consumer.delivery,
    OBJECT_CODEC: consumer.codec,
    FLUSH_MAX_RECORDS: String(consumer.flushMaxRecords),
    FLUSH_MAX_BYTES: String(toBytes(consumer.flushMax)),
    FLUSH_MAX_AGE_MS: String(toMs(consumer.flushMaxAge)),
    MAX_BUFFERED_BYTES: String(toBytes(consumer.maxBuffered)),
    MAX_SPAN: String(consumer.maxSpan),
    SESSION_TIMEOUT_MS: String(toMs(consumer.sessionTimeout)),
    SHUTDOWN_DEADLINE_MS: String(toMs(consumer.shutdownDeadline)),
  };
}

/** The files that these variables name. */
export function consumerMounts({ objectStore }: Environment): readonly Mount[] {
  const { caSecret, credentials } = objectStore;
  return [
    ...(caSecret === undefined
      ? []
      : [{ kind: 'secret', secretName: caSecret, path: STORE_CA_PATH, keys: ['ca.crt'] } as const]),
    ...(credentials.kind === 'secret'
      ? [{ kind: 'secret', secretName: credentials.name, path: STORE_LOGIN_PATH } as const]
      : []),
  ];
}
