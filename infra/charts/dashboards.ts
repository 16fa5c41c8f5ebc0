import type { Dashboard } from '../constructs/cluster/grafana-dashboards.ts';
import type { Environment } from '../environments/environment.ts';
import { consumerDashboard } from './dashboards/consumer.ts';
import { kafkaDashboard } from './dashboards/kafka.ts';
import { pipelineDashboard } from './dashboards/pipeline.ts';
import { producerDashboard } from './dashboards/producer.ts';
import { quorumDashboard } from './dashboards/quorum.ts';

/** What a person looks at: the pipeline as a whole first, then each part of it. */
export function dashboards(environment: Environment): readonly Dashboard[] {
  return [
    pipelineDashboard(environment),
    producerDashboard(environment),
    consumerDashboard(environment),
    kafkaDashboard(environment),
    quorumDashboard(environment),
  ];
}
