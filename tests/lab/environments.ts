import type { Environment } from '../../infra/environments/environment.ts';
import { lab } from '../../infra/environments/lab.ts';

/** What the lab can hold: environment `lab`, or the same with the metadata kept by controllers of Kafka's own. */
export const labEnvironments = {
  zookeeper: lab,
  kraft: {
    ...lab,
    kafka: {
      ...lab.kafka,
      metadata: {
        mode: 'kraft',
        version: '4.4.0',
        controllers: {
          placement: 'separate',
          replicas: 3,
          volume: '1Gi',
          resources: { cpuMillicores: 50, memory: '512Mi' },
        },
        clusterId: 'bGFiLWhlYWR3YXRlci1sYQ',
        sessionTimeout: '6s',
      },
    },
  },
} as const satisfies Readonly<Record<string, Environment>>;

export type MetadataMode = keyof typeof labEnvironments;
