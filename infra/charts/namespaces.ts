import { Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import { NetworkPolicies } from '../constructs/cluster/network-policies.ts';
import { PriorityClasses } from '../constructs/workloads/priority-classes.ts';
import { type PodSecurityLevel, SecureNamespace } from '../constructs/cluster/secure-namespace.ts';
import type { Environment } from '../environments/environment.ts';
import { connections } from './connections.ts';
import { loggingQuota } from './logging-quota.ts';
import { requireReachable } from './outside-addresses.ts';
import { toSize } from './units.ts';

/**
 * Pod Security level of each namespace. Log collectors read directories of their nodes, which only `privileged` allows;
 * the policies' tests limit them to two exceptions.
 */
const POD_SECURITY = {
  pipeline: 'restricted',
  logging: 'privileged',
  ingress: 'restricted',
} as const satisfies Record<keyof Environment['namespaces'], PodSecurityLevel>;

function declaredQuota({ cpuMillicores, memoryGi, pods }: Environment['quotas']['pipeline']) {
  return { cpuMillicores, memory: toSize(`${memoryGi}Gi`), pods };
}

/** Namespaces, quotas, priority classes and network policies: applied first. */
export class NamespacesChart extends Chart {
  constructor(scope: Construct, id: string, environment: Environment) {
    super(scope, id, { disableResourceNameHashes: true });
    const { namespaces, quotas, edge, network, priority } = environment;

    if (priority === undefined || priority.kind === 'made') new PriorityClasses(this, 'Priority');

    for (const role of ['pipeline', 'logging', 'ingress'] as const) {
      if (role === 'ingress' && !(edge.kind === 'ingress' && edge.controller !== undefined)) continue;
      new SecureNamespace(this, `Namespace-${role}`, {
        name: namespaces[role],
        podSecurity: POD_SECURITY[role],
        quota: role === 'logging' ? loggingQuota(environment) : declaredQuota(quotas[role]),
      });
    }
    requireReachable(this, environment);
    new NetworkPolicies(this, 'Network', {
      connections: connections(environment),
      ...(network.dns !== undefined && { dns: network.dns }),
    });
  }
}
