import type { Alert } from '../constructs/cluster/monitoring.ts';
import type { Environment } from '../environments/environment.ts';
import { certificateAlerts } from './alerts/certificates.ts';
import { consumerAlerts } from './alerts/consumer.ts';
import { edgeAlerts } from './alerts/edge.ts';
import { kafkaAlerts } from './alerts/kafka.ts';
import { producerAlerts } from './alerts/producer.ts';
import { quorumAlerts } from './alerts/quorum.ts';
import { scrapingAlerts } from './alerts/scraping.ts';
import { volumeAlerts } from './alerts/volumes.ts';
import { scrapedPods } from './scraped-pods.ts';

/**
 * Alerts on what loses events, stops them, or soon will; every threshold and every number of pods follows from the
 * environment. None is silent because what it watches is gone: it is true without series, or another one is.
 */
export function alerts(environment: Environment): readonly Alert[] {
  const watching = [
    ...kafkaAlerts(environment),
    ...quorumAlerts(environment),
    ...producerAlerts(environment),
    ...consumerAlerts(environment),
    ...edgeAlerts(environment),
    ...volumeAlerts(environment),
    ...certificateAlerts(environment),
  ];
  return [...watching, ...scrapingAlerts(scrapedPods(environment), watching)];
}
