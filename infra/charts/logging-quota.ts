import { Size } from 'cdk8s';
import { LOG_INDICES_RESOURCES } from '../constructs/logs/log-indices.ts';
import type { SecureNamespaceProps } from '../constructs/cluster/secure-namespace.ts';
import type { Environment } from '../environments/environment.ts';
import { logBufferOf } from '../environments/logging.ts';
import { toSize } from './units.ts';

/**
 * Quota of the logging namespace: a collector on each node up to the environment's maximum, the indexers of every lane
 * plus one of each during a roll, and the Job of the indices. It is computed: with a hand-written quota the first
 * additional node would get no collector.
 */
export function loggingQuota({ logging }: Environment): SecureNamespaceProps['quota'] {
  const { maxNodes, resources } = logging;
  const buffer = logBufferOf(logging);
  const pods = [
    { count: maxNodes, cpuMillicores: resources.cpuMillicores, memory: toSize(resources.memory) },
    { count: 1, ...LOG_INDICES_RESOURCES },
  ];
  if (buffer !== undefined) {
    const { cpuMillicores, memory } = buffer.resources;
    for (const { replicas } of Object.values(buffer.lanes))
      pods.push({ count: replicas + 1, cpuMillicores, memory: toSize(memory) });
  }
  return {
    cpuMillicores: sum(pods.map(({ count, cpuMillicores }) => count * cpuMillicores)),
    memory: Size.mebibytes(sum(pods.map(({ count, memory }) => count * memory.toMebibytes()))),
    pods: sum(pods.map(({ count }) => count)),
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
