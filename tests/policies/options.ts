import type { Environment } from '../../infra/environments/environment.ts';
import { environments } from '../../infra/environments/environments.ts';
import { filebeatBuffer, filebeatLogging, logstashBuffer } from '../infra/log-settings.ts';

const { production } = environments;
const { security } = production.kafka;
if (security.protocol !== 'tls' || security.authentication.mechanism !== 'scram-sha-512') {
  throw new Error('production must have a login for its options to mean anything');
}

/** Production with every option taken that its own file leaves: no environment that exists, but objects that one may have. */
export const everyOption: Environment = {
  ...production,
  kafka: {
    ...production.kafka,
    exposure: {
      kind: 'load-balancer',
      bootstrapHost: 'kafka.example.com',
      hosts: ['kafka-0.example.com', 'kafka-1.example.com', 'kafka-2.example.com'],
    },
    security: {
      ...security,
      authentication: {
        ...security.authentication,
        users: { ...security.authentication.users, logs: 'kafka-logs-v1', tools: 'kafka-tools-v1' },
      },
    },
  },
  sources: {
    web: {
      who: 'keys',
      secret: 'source-web-v1',
      limits: { requestsPerSecond: 100, eventsPerSecond: 1_000, bytesPerSecond: '1Mi', burst: '10s' },
      limitsPerKey: { requestsPerSecond: 10, eventsPerSecond: 100, bytesPerSecond: '100Ki', burst: '5s' },
    },
    page: {
      who: 'open',
      reason: 'a web page has no secrets',
      limits: { requestsPerSecond: 10, eventsPerSecond: 100, bytesPerSecond: '100Ki', burst: '5s' },
    },
  },
  consumer: { ...production.consumer, codec: 'zstd', prefix: 'events-zstd', continues: 'events' },
  objectStore: {
    ...production.objectStore,
    credentials: { kind: 'secret', name: 'object-store-v1' },
    caSecret: 'object-store-ca-v1',
  },
  edge: {
    kind: 'ingress',
    host: 'collect.example.com',
    tlsSecret: 'collect-tls-v1',
    ingressClassName: 'nginx',
    requestsPerSecondPerAddress: 100,
    controller: {
      workload: { kind: 'daemon-set' },
      webhookCertificate: 'cert-manager',
      service: 'LoadBalancer',
      resources: { cpuMillicores: 200, memory: '512Mi' },
    },
  },
  restBridge: {
    replicas: 2,
    resources: { cpuMillicores: 200, memory: '768Mi' },
    clients: { namespaces: ['reporting'], cidrs: [] },
  },
  kafkaUi: {
    resources: { cpuMillicores: 200, memory: '768Mi' },
    access: {
      kind: 'public',
      host: 'kafka.internal.example.com',
      tlsSecret: 'kafka-ui-tls-v1',
      oauthSecret: 'kafka-ui-oauth-v1',
      oauthProvider: { cidrs: 'public', port: 443 },
    },
  },
  logging: filebeatLogging(filebeatBuffer),
  network: { ...production.network, kafkaClientCidrs: ['203.0.113.0/24'] },
};

/** The same with the other program that reads the log buffer. */
export const logstashOption: Environment = {
  ...everyOption,
  logging: filebeatLogging(logstashBuffer),
};
