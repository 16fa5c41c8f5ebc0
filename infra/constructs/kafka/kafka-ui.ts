import { Duration, Size } from 'cdk8s';
import { Probe } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { ConfigFiles } from '../workloads/config-files.ts';
import { javaClientProperties, KAFKA_CLIENT_FILES, kafkaClientMounts } from './kafka-client-files.ts';
import type { KafkaEndpoint } from './kafka-endpoint.ts';
import type { Identity } from '../workloads/labels.ts';
import { renderYaml } from '../workloads/render-yaml.ts';
import { requireThat } from '../workloads/requirements.ts';
import { RestrictedDeployment, workloadService } from '../workloads/restricted-deployment.ts';
import type { ResourcesProps } from '../workloads/restricted-pod.ts';

export const KAFKA_UI: Identity = { name: 'kafka-ui', component: 'access' };
export const KAFKA_UI_PORT = 8080;

const CONFIG_PATH = '/etc/kafka-ui/config';
const LOGIN_PATH = '/etc/kafka-ui/login';

export interface KafkaUiProps {
  readonly namespace: string;
  /** Image of kafbat/kafka-ui. */
  readonly image: string;
  readonly kafka: KafkaEndpoint;
  readonly resources: ResourcesProps;
  /**
   * `port-forward`: no login, and no network policy allows access; use `kubectl port-forward`. `public`: a route of an
   * edge leads here, and visitors log in by OAuth 2. The Secret's keys are kafbat's properties
   * `auth.oauth2.client.<provider>.*`, including the id and the secret of the client.
   */
  readonly access:
    { readonly kind: 'port-forward' } | { readonly kind: 'public'; readonly oauthSecretName: string };
}

/** Shows topics, messages and groups in a browser: kafbat UI. Read-only for every visitor. */
export class KafkaUi extends Construct {
  constructor(scope: Construct, id: string, props: KafkaUiProps) {
    super(scope, id);
    const { namespace, image, kafka, resources, access } = props;
    const { name } = KAFKA_UI;

    requireThat(this, access.kind !== 'public' || access.oauthSecretName !== '', {
      subject: 'kafka-ui',
      property: 'access.oauthSecretName',
      value: access.kind === 'public' ? access.oauthSecretName : '',
      allowed: 'the name of a Secret where access.kind is public',
      because: 'anybody could read every event',
    });
    // Mounted files become properties with the name of the file: the Secrets' keys are kafbat's properties, and
    // `password`.
    const imports = [
      ...(access.kind === 'public' ? [`configtree:${LOGIN_PATH}/`] : []),
      ...(kafka.login === undefined
        ? []
        : [`configtree:${KAFKA_CLIENT_FILES.password.replace(/password$/, '')}`]),
    ];
    const config = new ConfigFiles(this, 'Config', {
      name,
      namespace,
      identity: KAFKA_UI,
      files: { 'application.yml': applicationYml(kafka, access.kind) },
    });
    new RestrictedDeployment(this, 'Pods', {
      name,
      namespace,
      identity: KAFKA_UI,
      image,
      replicas: 1,
      resources,
      ports: { http: KAFKA_UI_PORT },
      variables: {
        JAVA_OPTS: '-XX:MaxRAMPercentage=60',
        SPRING_CONFIG_ADDITIONAL_LOCATION: `${CONFIG_PATH}/`,
        ...(imports.length > 0 && { SPRING_CONFIG_IMPORT: imports.join(';') }),
      },
      podAnnotations: config.podAnnotations,
      mounts: [
        { kind: 'config', files: config, path: CONFIG_PATH },
        { kind: 'scratch', name: 'tmp', path: '/tmp', size: Size.mebibytes(128) },
        ...(access.kind === 'public'
          ? [{ kind: 'secret', secretName: access.oauthSecretName, path: LOGIN_PATH } as const]
          : []),
        ...kafkaClientMounts(kafka),
      ],
      readiness: Probe.fromHttpGet('/actuator/health', {
        port: KAFKA_UI_PORT,
        initialDelaySeconds: Duration.seconds(20),
        periodSeconds: Duration.seconds(10),
      }),
      liveness: Probe.fromTcpSocket({
        port: KAFKA_UI_PORT,
        initialDelaySeconds: Duration.seconds(120),
        failureThreshold: 6,
      }),
      terminationGracePeriod: Duration.seconds(30),
    });
    workloadService(this, 'Service', { name, namespace, identity: KAFKA_UI, ports: { http: KAFKA_UI_PORT } });
  }
}

function applicationYml(kafka: KafkaEndpoint, access: 'port-forward' | 'public'): string {
  return renderYaml({
    auth: { type: access === 'public' ? 'OAUTH2' : 'DISABLED' },
    dynamic: { config: { enabled: false } },
    kafka: {
      clusters: [
        {
          name: 'headwater',
          bootstrapServers: kafka.bootstrapServers,
          readOnly: true,
          properties: javaClientProperties(kafka, '${password}'),
        },
      ],
    },
  });
}
