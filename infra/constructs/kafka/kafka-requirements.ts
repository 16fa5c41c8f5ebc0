import type { Duration, Size } from 'cdk8s';
import type { IConstruct } from 'constructs';
import { brokerNodePort, type KafkaExposure } from './kafka-listeners.ts';
import type { KafkaMetadata } from './kafka-metadata.ts';
import { FIRST_CONTROLLER_ID } from './kafka-nodes.ts';
import { requireInteger, requireThat } from '../workloads/requirements.ts';

/** Kafka's default for the largest request; a broker rejects a larger batch. */
const LARGEST_REQUEST_MEBIBYTES = 100;
const LAST_NODE_PORT = 32_767;
/** Log recovery of a full disk takes minutes; if the pod is killed meanwhile, recovery starts again, forever. */
const LEAST_RECOVERY_MINUTES = 20;

interface ClusterRequirements {
  readonly brokers: number;
  readonly minInSyncReplicas: number;
  readonly metadata: KafkaMetadata;
  readonly exposure: KafkaExposure;
  readonly recoveryTime: Duration;
  readonly maxMessage: Size;
}

/** Constraints between the numbers of one cluster. */
export function requireClusterHoldsTogether(scope: IConstruct, cluster: ClusterRequirements): void {
  const { brokers, minInSyncReplicas, metadata, exposure, recoveryTime, maxMessage } = cluster;
  const subject = 'kafka';
  requireInteger(scope, subject, 'brokers', brokers, { min: 1, max: FIRST_CONTROLLER_ID - 1 });
  requireThat(scope, minInSyncReplicas >= 1 && (minInSyncReplicas < brokers || brokers === 1), {
    subject,
    property: 'minInSyncReplicas',
    value: minInSyncReplicas,
    allowed: `at least 1 and below brokers (${brokers})`,
    because: 'one broker down would stop every write',
  });
  requireThat(scope, recoveryTime.toMinutes({ integral: false }) >= LEAST_RECOVERY_MINUTES, {
    subject,
    property: 'recoveryTime',
    value: recoveryTime.toHumanString(),
    allowed: `at least ${LEAST_RECOVERY_MINUTES} minutes`,
    because: 'a broker that is killed while it recovers its log begins again',
  });
  requireThat(scope, maxMessage.toKibibytes() / 1024 < LARGEST_REQUEST_MEBIBYTES, {
    subject,
    property: 'maxMessage',
    value: `${maxMessage.toKibibytes()} KiB`,
    allowed: `below ${LARGEST_REQUEST_MEBIBYTES} MiB, the largest request that a broker reads`,
  });
  requireThat(
    scope,
    metadata.mode !== 'kraft' ||
      metadata.controllers.placement !== 'combined' ||
      brokers === 1 ||
      brokers % 2 === 1,
    {
      subject,
      property: 'brokers',
      value: brokers,
      allowed: 'an odd number if every broker is a controller too',
      because: 'an even quorum tolerates no more failures than one node fewer',
    },
  );
  if (exposure.kind === 'none') return;
  requireThat(scope, exposure.hosts.length === brokers, {
    subject,
    property: 'exposure.hosts',
    value: exposure.hosts.length,
    allowed: `one for each of the ${brokers} brokers`,
    because: 'a client must reach the broker that leads a partition',
  });
  requireThat(
    scope,
    exposure.kind === 'node-port' || new Set(exposure.hosts).size === exposure.hosts.length,
    {
      subject,
      property: 'exposure.hosts',
      value: exposure.hosts.join(', '),
      allowed: 'different names: each broker has its own load balancer',
    },
  );
  if (exposure.kind !== 'node-port') return;
  requireThat(scope, brokerNodePort(exposure.firstNodePort, brokers - 1) <= LAST_NODE_PORT, {
    subject,
    property: 'exposure.firstNodePort',
    value: exposure.firstNodePort,
    allowed: `at most ${LAST_NODE_PORT - brokers}, so that ${brokers} more ports follow it`,
  });
}
