import { Duration, Size } from 'cdk8s';
import { Construct } from 'constructs';
import { ConfigFiles, renderProperties } from './config-files.ts';
import { CERTIFICATE_PATH, CONFIG_PATH, tlsProperties } from './kafka-properties.ts';
import type { Identity } from './labels.ts';
import { RestrictedJob } from './restricted-job.ts';

export const KAFKA_USERS: Identity = { name: 'kafka', component: 'users' };

const DEADLINE = Duration.minutes(30);

export interface KafkaUsersProps {
  readonly namespace: string;
  readonly image: string;
  /** `host:port` of the brokers' replication listener, where the brokers' own certificate is the login. */
  readonly replicationServers: string;
  /** Secret with the brokers' certificate. */
  readonly certificateSecret: string;
  /** Secrets with the key `password`, by user name. */
  readonly passwordSecrets: Readonly<Record<string, string>>;
}

/**
 * SCRAM users, written into the cluster's metadata by a Job. A password is changed by a Secret of a new name, which is a
 * new Job; the clients that read the same Secret are rolled with it.
 */
export class KafkaUsers extends Construct {
  constructor(scope: Construct, id: string, props: KafkaUsersProps) {
    super(scope, id);
    const { namespace, image, replicationServers, certificateSecret, passwordSecrets } = props;
    const users = Object.entries(passwordSecrets).sort(([a], [b]) => (a < b ? -1 : 1));

    const config = new ConfigFiles(this, 'Config', {
      name: 'kafka-users-config',
      namespace,
      identity: KAFKA_USERS,
      files: {
        'admin.properties': renderProperties({ 'security.protocol': 'SSL', ...tlsProperties() }),
      },
    });
    new RestrictedJob(this, 'Job', {
      name: 'kafka-users',
      namespace,
      identity: KAFKA_USERS,
      image,
      command: ['/opt/headwater/bin/create-users.sh', replicationServers, ...users.map(([user]) => user)],
      variables: {},
      mounts: [
        { kind: 'config', files: config, path: CONFIG_PATH },
        { kind: 'secret', secretName: certificateSecret, path: CERTIFICATE_PATH },
        ...users.map(([user, secretName]) => ({
          kind: 'secret' as const,
          secretName,
          path: `/etc/headwater-users/${user}`,
        })),
        { kind: 'scratch', name: 'tmp', path: '/tmp', size: Size.mebibytes(64) },
      ],
      resources: { cpuMillicores: 100, memory: Size.mebibytes(384) },
      deadline: DEADLINE,
    });
  }
}
