import { App } from 'cdk8s';
import { CollectionChart } from './charts/collection.ts';
import { IngressChart } from './charts/ingress.ts';
import { LoggingChart } from './charts/logging.ts';
import { MessagingChart } from './charts/messaging.ts';
import { MonitoringChart } from './charts/monitoring.ts';
import { NamespacesChart } from './charts/namespaces.ts';
import { readViolations } from './constructs/workloads/requirements.ts';
import type { Environment } from './environments/environment.ts';
import { requireUniqueObjects } from './unique-objects.ts';

/**
 * The whole platform of one environment, one chart for each part, in the order in which they are applied.
 *
 * @throws Error that names everything by which the environment contradicts itself, one line each.
 */
export function buildPlatform(environment: Environment): App {
  const app = new App();
  const namespaces = new NamespacesChart(app, 'namespaces', environment);
  const messaging = new MessagingChart(app, 'messaging', environment);
  const collection = new CollectionChart(app, 'collection', environment, messaging.kafka);
  const ingress = new IngressChart(app, 'ingress', environment, collection.producer);
  const logging = new LoggingChart(app, 'logging', environment, messaging.kafka);
  messaging.addDependency(namespaces);
  collection.addDependency(messaging);
  ingress.addDependency(collection);
  logging.addDependency(messaging);
  if (environment.monitoring.kind === 'prometheus-operator') {
    new MonitoringChart(app, 'monitoring', environment).addDependency(collection);
  }

  requireUniqueObjects(app);
  const violations = readViolations(app);
  if (violations.length > 0) {
    throw new Error(
      [
        `environment ${environment.name} does not hold together:`,
        ...violations.map((line) => `- ${line}`),
      ].join('\n'),
    );
  }
  return app;
}
