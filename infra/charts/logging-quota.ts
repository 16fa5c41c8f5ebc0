import { Size } from 'cdk8s';
import { LOG_INDICES_RESOURCES } from '../constructs/logs/log-indices.ts';
import type { SecureNamespaceProps } from '../constructs/cluster/secure-namespace.ts';
import type { Environment } from '../environments/environment.ts';
import { logBufferOf } from '../environments/logging.ts';
import { toSize } from './units.ts';

/**
 * What the namespace of the logs may ask for: a collector on each of the most nodes that the environment names, the
 * indexers of every lane with one more of each while they are rolled, and the Job of the indices. It is derived, for
 * a sum that is written by hand leaves the first node above it without a collector.
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
