import { jobOf } from '../../../infra/constructs/cluster/monitoring.ts';
import { scrapedPods } from '../../../infra/charts/scraped-pods.ts';
import type { Environment } from '../../../infra/environments/environment.ts';
import { toBytes } from '../../../infra/environments/quantities.ts';
import type { Value } from './promtool.ts';

const DAY_SECONDS = 86_400;
const GIB = 2 ** 30;
/** Of each partition. */
export const EVENTS_PER_MINUTE = 6000;

export type Series = ReadonlyMap<string, Value>;

/** What Prometheus holds of a platform in which nothing is wrong; volumes hold all that topics may. */
export function healthySeries(environment: Environment): Series {
  const { namespaces, kafka, topics, eventsTopic, edge } = environment;
  const namespace = namespaces.pipeline;
  const series = new Map<string, Value>();
  const podsOf: Record<string, number> = {
    'kafka-broker': kafka.brokers,
    'producer-collection': environment.producer.replicas.min,
    'consumer-collection': environment.consumer.replicas.min,
  };
  const add = (metric: string, job: string, count: number, value: Value, more = ''): void => {
    for (let pod = 0; pod < count; pod += 1) {
      const [where = ''] = job.split('/');
      const name = job.split('/')[1]?.replace(/-(broker|collection|server|logging)$/, '') ?? '';
      series.set(`${metric}{job="${job}",namespace="${where}",pod="${name}-${pod}"${more}}`, value);
    }
  };

  for (const { namespace: where, identity } of scrapedPods(environment)) {
    const job = jobOf(where, identity);
    add('up', job, podsOf[job.split('/')[1] ?? ''] ?? 3, 1);
  }
  const brokers = `${namespace}/kafka-broker`;
  const producers = `${namespace}/producer-collection`;
  const consumers = `${namespace}/consumer-collection`;
  const separate = kafka.metadata.mode === 'kraft' && kafka.metadata.controllers.placement === 'separate';
  const keepers = separate ? `${namespace}/kafka-controller` : brokers;
  add('kafka_controller_kafkacontroller_offlinepartitionscount', keepers, 3, 0);
  add('kafka_controller_kafkacontroller_activecontrollercount', keepers, 3, 0);
  add('kafka_controller_kafkacontroller_activecontrollercount', keepers, 1, 1);
  add('kafka_server_replicamanager_underminisrpartitioncount', brokers, kafka.brokers, 0);
  add('kafka_server_replicamanager_underreplicatedpartitions', brokers, kafka.brokers, 0);
  const claims = [...Array(kafka.brokers).keys()].map((id) => `data-kafka-${id}`);
  if (kafka.metadata.mode === 'zookeeper') {
    add('synced_followers', `${namespace}/zookeeper-server`, 1, 2);
    for (const id of [0, 1, 2]) claims.push(`data-zookeeper-${id}`, `transaction-log-zookeeper-${id}`);
  } else if (separate) {
    for (const id of [0, 1, 2]) claims.push(`metadata-kafka-controller-${id}`);
  }
  for (const claim of claims) {
    const labels = `namespace="${namespace}",persistentvolumeclaim="${claim}"`;
    series.set(`kubelet_volume_stats_capacity_bytes{${labels}}`, 200 * GIB);
    // 85 % taken by topics, 5 % by ext4 itself.
    series.set(`kubelet_volume_stats_available_bytes{${labels}}`, 20 * GIB);
  }

  for (const [job, count] of [
    [producers, environment.producer.replicas.min],
    [consumers, environment.consumer.replicas.min],
  ] as const) {
    add('headwater_ready', job, count, 1);
    if (kafka.security.protocol === 'plaintext') continue;
    for (let id = 0; id < kafka.brokers; id += 1) {
      const broker = `,broker="kafka-${id}.kafka-brokers.${namespace}.svc.cluster.local"`;
      add('headwater_kafka_certificate_expiration_timestamp_seconds', job, count, 400 * DAY_SECONDS, broker);
    }
    // Seen once, when the pod started, and renewed since.
    const bootstrap = `,broker="kafka-bootstrap.${namespace}.svc.cluster.local"`;
    add('headwater_kafka_certificate_expiration_timestamp_seconds', job, 1, DAY_SECONDS, bootstrap);
  }
  const records = 'headwater_producer_records_total';
  add(
    records,
    producers,
    environment.producer.replicas.min,
    { perMinute: 6000 },
    ',code="stored",route="/upload"',
  );
  // Clients' own mistakes, however many.
  add(records, producers, 1, { perMinute: 9000 }, ',code="invalid_json",route="/upload/batch"');
  const { partitions = 0, retentionPerPartition = '1Gi' } = topics[eventsTopic] ?? {};
  for (let partition = 0; partition < partitions; partition += 1) {
    const pod = partition % environment.consumer.replicas.min;
    const labels = `{job="${consumers}",namespace="${namespace}",pod="consumer-${pod}",partition="${partition}"}`;
    series.set(`headwater_consumer_oldest_unstored_seconds${labels}`, 31);
    // As old as time itself: promtool's begins with 0.
    series.set(`headwater_consumer_oldest_unstored_timestamp_seconds${labels}`, { perMinute: 60 });
    series.set(`headwater_consumer_stored_offset${labels}`, { perMinute: EVENTS_PER_MINUTE });
    series.set(`headwater_consumer_partition_stopped${labels}`, 0);
    const log = `topic="${eventsTopic}",partition="${partition}"`;
    // A tenth of what is kept at most; one broker stands for the replicas of all.
    add('kafka_log_log_size', brokers, 1, toBytes(retentionPerPartition) / 10, `,${log}`);
    add('kafka_log_log_logstartoffset', brokers, 1, 0, `,${log}`);
    add('kafka_log_log_logendoffset', brokers, 1, { perMinute: EVENTS_PER_MINUTE }, `,${log}`);
    series.set(`headwater_consumer_gap_offsets_total${labels}`, 0);
  }

  if (edge.kind === 'ingress' && edge.controller !== undefined) {
    const host = `,host="${edge.host}"`;
    add(
      'nginx_ingress_controller_ssl_expire_time_seconds',
      `${namespaces.ingress}/ingress-nginx-controller`,
      3,
      80 * DAY_SECONDS,
      host,
    );
  }
  const { security } = kafka;
  const kept = [
    ...(security.protocol === 'tls' && security.clusterIssuer !== undefined ? [[namespace, 'kafka']] : []),
    ...(edge.kind === 'ingress' && edge.controller?.webhookCertificate === 'cert-manager'
      ? [[namespaces.ingress, 'ingress-nginx-admission']]
      : []),
  ] as const;
  for (const [where = '', name = ''] of kept) {
    series.set(
      `certmanager_certificate_expiration_timestamp_seconds{namespace="cert-manager",exported_namespace="${where}",name="${name}"}`,
      80 * DAY_SECONDS,
    );
  }
  return series;
}
