import { USABLE_PERCENT } from '../../constructs/kafka/topics.ts';
import type { Environment } from '../../environments/environment.ts';
import { inNamespace, orZero, type WatchingAlert } from './series.ts';

/** Share that ext4 reserves for root by default: it counts as used, and our programs cannot use it. */
const RESERVED_PERCENT = 5;
/** Below the free share of topics at full retention, so that a full retention does not page. */
const WARNING_PERCENT = 100 - USABLE_PERCENT - RESERVED_PERCENT - 2;
const CRITICAL_PERCENT = 5;

/** Volumes that are filling up. */
export function volumeAlerts({ namespaces, kafka }: Environment): readonly WatchingAlert[] {
  const free = freeShare(namespaces.pipeline);
  const volumes = kafka.brokers + keepersVolumes(kafka.metadata);
  const action =
    'A broker with a full disk stops, and cannot start again. Grow the claim (npx headwater grow-volume), or lower the retention now.';
  return [
    {
      name: 'VolumeFilling',
      expression: `${free} < ${WARNING_PERCENT / 100}`,
      lasting: '30m',
      severity: 'warning',
      summary: `The volume {{ $labels.persistentvolumeclaim }} has {{ $value | humanizePercentage }} free, less than with full topics`,
      action,
    },
    {
      name: 'VolumeNearlyFull',
      expression: `${free} < ${CRITICAL_PERCENT / 100}`,
      lasting: '5m',
      severity: 'critical',
      summary: 'The volume {{ $labels.persistentvolumeclaim }} has {{ $value | humanizePercentage }} free',
      action,
    },
    {
      name: 'VolumesUnwatched',
      expression: `${orZero(`count(${free})`)} < ${volumes}`,
      lasting: '1h',
      severity: 'warning',
      summary: `Prometheus has metrics of {{ $value }} volumes instead of ${volumes}`,
      action:
        'No alert fires when such a volume fills. Prometheus must scrape the kubelets’ /metrics; a pod that does not run reports no volume.',
    },
  ];
}

/** Of each volume of a namespace, from 0 to 1. */
export function freeShare(namespace: string): string {
  const labels = inNamespace(namespace);
  return `kubelet_volume_stats_available_bytes{${labels}} / kubelet_volume_stats_capacity_bytes{${labels}}`;
}

function keepersVolumes(metadata: Environment['kafka']['metadata']): number {
  // ZooKeeper keeps snapshots and transaction log on separate volumes.
  if (metadata.mode === 'zookeeper') return metadata.ensemble.servers * 2;
  return metadata.controllers.placement === 'separate' ? metadata.controllers.replicas : 0;
}
