import type { Environment } from '../infra/environments/environment.ts';
import { eks } from './eks.ts';
import { kafkaTools } from './kafka-tools.ts';
import { logsThroughKafka } from './logs-through-kafka.ts';
import { outsideClients } from './outside-clients.ts';
import { smallCluster } from './small-cluster.ts';

/** Every example by its name. No stack deploys one: it is copied, and the copy is an environment. */
export const examples = {
  'small-cluster': smallCluster,
  eks,
  'outside-clients': outsideClients,
  'logs-through-kafka': logsThroughKafka,
  'kafka-tools': kafkaTools,
} as const satisfies Readonly<Record<string, Environment>>;
