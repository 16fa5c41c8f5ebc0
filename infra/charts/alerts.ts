import type { Alert } from '../constructs/cluster/monitoring.ts';
import type { Environment } from '../environments/environment.ts';
import { certificateAlerts } from './alerts/certificates.ts';
import { consumerAlerts } from './alerts/consumer.ts';
import { edgeAlerts } from './alerts/edge.ts';
import { kafkaAlerts } from './alerts/kafka.ts';
import { producerAlerts } from './alerts/producer.ts';
import { quorumAlerts } from './alerts/quorum.ts';
import { retentionAlerts } from './alerts/retention.ts';
import { scrapingAlerts } from './alerts/scraping.ts';
import { volumeAlerts } from './alerts/volumes.ts';
import { scrapedPods } from './scraped-pods.ts';

/**
 * Alerts on what loses events, stops them, or soon will; every threshold and every number of pods follows from the
 * environment. None is silent because what it watches is gone: it is true without series, or another one is.
 */
export function alerts(environment: Environment): readonly Alert[] {
  const watching = [
    ...onPage('kafka', kafkaAlerts(environment)),
    ...onPage('quorum', quorumAlerts(environment)),
    ...onPage('producers', producerAlerts(environment)),
    ...onPage('consumers', consumerAlerts(environment)),
    ...onPage('consumers', retentionAlerts(environment)),
    ...onPage('edge', edgeAlerts(environment)),
    ...onPage('volumes', volumeAlerts(environment)),
    ...onPage('certificates', certificateAlerts(environment)),
  ];
  return [...watching, ...onPage('metrics', scrapingAlerts(scrapedPods(environment), watching))];
}

/** Each with its section of a page in `docs/runbooks`. */
function onPage<Kind extends Omit<Alert, 'runbook'>>(
  page: string,
  alerts: readonly Kind[],
): readonly (Kind & Pick<Alert, 'runbook'>)[] {
  return alerts.map((alert) => ({ ...alert, runbook: `${page}.md#${alert.name.toLowerCase()}` }));
}
