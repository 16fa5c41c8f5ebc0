import { Duration, Size } from 'cdk8s';
import { Construct } from 'constructs';
import type { Identity } from '../workloads/labels.ts';
import { RestrictedJob } from '../workloads/restricted-job.ts';

export const KAFKA_USERS: Identity = { name: 'kafka', component: 'users' };

/** Brokers take long to start for the first time. */
const DEADLINE = Duration.minutes(30);
/** How long one attempt waits for a controller before the next pod retries. */
const ATTEMPT = Duration.minutes(5);
const CERTIFICATE_PATH = '/etc/headwater-certificate';
const USERS_PATH = '/etc/headwater-users';

export interface KafkaUsersProps {
  readonly namespace: string;
  readonly image: string;
  /** `host:port` of the brokers' replication listener, where the brokers' certificate is the login. */
  readonly replicationServers: string;
  /** Secret with the brokers' certificate: `tls.crt`, `tls.key`, `ca.crt`. */
  readonly certificateSecret: string;
  /** Secrets with the key `password`, by user name. */
  readonly passwordSecrets: Readonly<Record<string, string>>;
}

/**
 * SCRAM users, written into the cluster's metadata by a Job. To change a password, use a Secret with a new name: that
 * makes a new Job, and rolls the clients that mount the Secret.
 */
export class KafkaUsers extends Construct {
  constructor(scope: Construct, id: string, props: KafkaUsersProps) {
    super(scope, id);
    const { namespace, image, replicationServers, certificateSecret, passwordSecrets } = props;
    const users = Object.entries(passwordSecrets).sort(([a], [b]) => (a < b ? -1 : 1));

    new RestrictedJob(this, 'Job', {
      name: 'kafka-users',
      namespace,
      identity: KAFKA_USERS,
      image,
      command: ['node', 'apps/users/main.ts'],
      variables: {
        DEADLINE_MS: String(ATTEMPT.toMilliseconds()),
        KAFKA_BOOTSTRAP_SERVERS: replicationServers,
        KAFKA_TLS_CA_FILE: `${CERTIFICATE_PATH}/ca.crt`,
        KAFKA_TLS_CERTIFICATE_FILE: `${CERTIFICATE_PATH}/tls.crt`,
        KAFKA_TLS_KEY_FILE: `${CERTIFICATE_PATH}/tls.key`,
        USERS: users.map(([user]) => user).join(','),
        USERS_DIRECTORY: USERS_PATH,
      },
      mounts: [
        { kind: 'secret', secretName: certificateSecret, path: CERTIFICATE_PATH },
        ...users.map(([user, secretName]) => ({
          kind: 'secret' as const,
          secretName,
          path: `${USERS_PATH}/${user}`,
        })),
      ],
      resources: { cpuMillicores: 50, memory: Size.mebibytes(256) },
      deadline: DEADLINE,
    });
  }
}
