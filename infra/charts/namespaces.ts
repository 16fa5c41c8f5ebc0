import { Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import type { Environment } from '../environments/environment.ts';

/** Namespaces, their bounds and their network policies: applied first. */
export class NamespacesChart extends Chart {
  constructor(scope: Construct, id: string, environment: Environment) {
    super(scope, id, { disableResourceNameHashes: true });
    // Written by the namespaces construct.
    this.node.setContext('environment', environment.name);
  }
}
