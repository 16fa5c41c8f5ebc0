import type { Environment } from '../../environments/environment.ts';
import type { ClusterFacts } from './cluster-facts.ts';
import type { Findings } from './findings.ts';
import { describeObject, nameOf, type Manifest } from '../stack/platform-objects.ts';

/** A set of servers whose size the environment states. */
interface SizedSet {
  readonly name: string;
  /** The property with the size. */
  readonly property: string;
  /** Whether the servers form a quorum. */
  readonly isQuorum: boolean;
}

/**
 * Compares the number of running servers in each set with the wanted one. Kubernetes would remove servers together with
 * data that only they hold, and add empty ones to a quorum that could outvote those with the data.
 */
export function checkSetSizes(
  { replicas, context }: Pick<ClusterFacts, 'replicas' | 'context'>,
  environment: Environment,
  manifests: readonly Manifest[],
): Findings {
  const findings = setsOf(environment).map((set): Findings => {
    const manifest = manifests.find(
      ({ kind, metadata }) => kind === 'StatefulSet' && metadata.name === set.name,
    );
    if (manifest === undefined) return { errors: [], warnings: [] };
    const running = replicas.get(nameOf(manifest));
    const { replicas: wanted } = manifest['spec'] as { readonly replicas: number };
    // A set that was scaled to zero gets its volumes back.
    if (running === undefined || running === 0 || running === wanted) return { errors: [], warnings: [] };
    const where = `${describeObject(manifest)}: ${set.property}`;
    if (set.isQuorum) {
      return onlyError(
        `${where} must stay ${running} on a cluster that exists, got ${wanted}: empty servers could be a majority without the data: set it back; docs/kafka.md has the reason`,
      );
    }
    if (wanted < running) {
      const scale = `kubectl --context ${context} --namespace ${manifest.metadata.namespace ?? ''} scale statefulset ${set.name} --replicas ${wanted}`;
      return onlyError(
        `${where} must be at least the ${running} that run, got ${wanted}: ${brokers(wanted, running)} may hold the last replica of a partition, and nothing moves it: set it back, or empty them as docs/kafka.md says, then ${scale}, and repeat`,
      );
    }
    return {
      errors: [],
      warnings: [
        `${where} is ${wanted}, ${running} run: ${brokers(running, wanted)} will hold new topics alone, and nothing of those that exist until replicas are moved there: docs/kafka.md`,
      ],
    };
  });
  return {
    errors: findings.flatMap(({ errors }) => errors),
    warnings: findings.flatMap(({ warnings }) => warnings),
  };
}

function setsOf({ kafka: { metadata } }: Environment): readonly SizedSet[] {
  const isCombined = metadata.mode === 'kraft' && metadata.controllers.placement === 'combined';
  return [
    { name: 'zookeeper', property: 'kafka.metadata.ensemble.servers', isQuorum: true },
    { name: 'kafka-controller', property: 'kafka.metadata.controllers.replicas', isQuorum: true },
    { name: 'kafka', property: 'kafka.brokers', isQuorum: isCombined },
  ];
}

function brokers(first: number, end: number): string {
  const ids = Array.from({ length: end - first }, (_, index) => first + index);
  return ids.length === 1 ? `broker ${ids.join('')}` : `brokers ${ids.join(', ')}`;
}

function onlyError(error: string): Findings {
  return { errors: [error], warnings: [] };
}
