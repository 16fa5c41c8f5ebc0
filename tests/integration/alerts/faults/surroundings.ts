import type { Environment } from '../../../../infra/environments/environment.ts';
import { of, up, type Fault } from './fault.ts';

const DAY_SECONDS = 86_400;
const GIB = 2 ** 30;

/** Of the edge, volumes, certificates and of Prometheus itself. */
export function surroundingFaults({ namespaces }: Environment): readonly Fault[] {
  const producers = `${namespaces.pipeline}/producer-collection`;
  return [
    {
      alert: 'EdgeDown',
      what: 'no ingress controller answers',
      changes: [[up(`${namespaces.ingress}/ingress-nginx-controller`), 0]],
      almost: 'one does',
      almostChanges: [[up(`${namespaces.ingress}/ingress-nginx-controller`, '0|1'), 'absent']],
    },
    {
      alert: 'VolumeFilling',
      what: 'a volume holds more than topics may',
      changes: [[of('kubelet_volume_stats_available_bytes', 'data-kafka-1'), 15 * GIB]],
      almost: 'topics hold all that they may, on ext4',
      almostChanges: [[of('kubelet_volume_stats_available_bytes', 'data-kafka-1'), 20 * GIB]],
    },
    {
      alert: 'VolumeNearlyFull',
      what: 'a volume has less than a twentieth left',
      changes: [[of('kubelet_volume_stats_available_bytes', 'data-kafka-1'), 9 * GIB]],
      almost: 'it has more',
      almostChanges: [[of('kubelet_volume_stats_available_bytes', 'data-kafka-1'), 11 * GIB]],
    },
    {
      alert: 'VolumesUnwatched',
      what: 'the kubelets are not scraped',
      changes: [[of('kubelet_volume_stats_.*'), 'absent']],
      almost: 'one volume is away while its pod is',
      almostChanges: [[of('kubelet_volume_stats_.*', 'data-kafka-1'), { samples: '_x30 99x97' }]],
    },
    ...certificate(
      'KafkaCertificate',
      of('headwater_kafka_certificate_expiration_timestamp_seconds', 'broker="kafka-1'),
    ),
    ...certificate('EdgeCertificate', of('nginx_ingress_controller_ssl_expire_time_seconds')),
    ...certificate(
      'CertManagerKafkaCertificate',
      of('certmanager_certificate_expiration_timestamp_seconds', 'name="kafka"'),
    ),
    ...certificate(
      'CertManagerWebhookCertificate',
      of('certmanager_certificate_expiration_timestamp_seconds', 'name="ingress-nginx-admission"'),
    ),
    {
      alert: 'PodsUnwatched',
      what: 'a pod does not answer',
      changes: [[up(producers, '0'), 0]],
      almost: 'for ten minutes',
      almostChanges: [[up(producers, '0'), { samples: '0x9 1x118' }]],
    },
    {
      alert: 'PodsUnwatched',
      what: 'no monitor is selected',
      changes: [[of('.*', `job="${producers}`), 'absent']],
      also: ['ProducersNotReady', 'ProducersMissing'],
      almost: 'it is selected',
      almostChanges: [],
    },
    {
      alert: 'MetricsMissing',
      what: 'brokers answer without what is watched',
      changes: [[of('kafka_server_replicamanager_underminisrpartitioncount'), 'absent']],
      almost: 'for ten minutes',
      almostChanges: [
        [of('kafka_server_replicamanager_underminisrpartitioncount'), { samples: 'stale _x8 0x118' }],
      ],
    },
  ];
}

function ends(alert: string, metric: RegExp, days: number): Fault {
  return {
    alert,
    what: `a certificate ends in ${days - 1} days`,
    changes: [[metric, (days - 1) * DAY_SECONDS]],
    also: alert.endsWith('Soon') ? [alert.replace(/Soon$/, '')] : [],
    almost: `it ends in ${days + 1} days`,
    almostChanges: [[metric, (days + 1) * DAY_SECONDS]],
  };
}

function certificate(name: string, metric: RegExp): readonly Fault[] {
  return [ends(`${name}Ends`, metric, 30), ends(`${name}EndsSoon`, metric, 7)];
}
