import { INGRESS_NGINX_CERTIFICATE } from '../../constructs/edge/ingress-nginx-certificate.ts';
import { INGRESS_NGINX } from '../../constructs/edge/ingress-nginx.ts';
import type { Environment } from '../../environments/environment.ts';
import { inNamespace, ofWorkload, type WatchingAlert } from './series.ts';

const DAY_SECONDS = 86_400;
/** Early enough to order, review and roll out a certificate in working hours. */
const WARNING_DAYS = 30;
const CRITICAL_DAYS = 7;

interface WatchedCertificate {
  /** Prefix of the names of its two alerts. */
  readonly name: string;
  readonly summary: string;
  /** Expiration times in seconds since the epoch. */
  readonly expression: string;
  readonly metric: string;
  readonly action: string;
}

/**
 * Certificates that are about to expire, as far as metrics show them: the brokers' certificates seen by the programs,
 * the certificate of our own ingress controller, and the certificates of cert-manager.
 */
export function certificateAlerts(environment: Environment): readonly WatchingAlert[] {
  const { namespaces, kafka, edge } = environment;
  const watched: WatchedCertificate[] = [];
  if (kafka.security.protocol === 'tls') {
    // The bootstrap Service leads to a different broker each time.
    const metric = `headwater_kafka_certificate_expiration_timestamp_seconds{${inNamespace(namespaces.pipeline)},broker!~"kafka-bootstrap[.].*"}`;
    watched.push({
      name: 'KafkaCertificate',
      summary: 'The certificate of broker {{ $labels.broker }}',
      // If several were seen at different times, the latest expiration counts.
      expression: `max by (broker) (${metric})`,
      metric,
      action:
        'Create or renew it, then restart the brokers one at a time: a broker reads its certificate only at its start. After it expires, no client and no other broker can connect.',
    });
  }
  if (edge.kind === 'ingress' && edge.controller !== undefined) {
    const metric = `nginx_ingress_controller_ssl_expire_time_seconds{${ofWorkload(namespaces.ingress, INGRESS_NGINX)},host="${edge.host}"}`;
    watched.push({
      name: 'EdgeCertificate',
      summary: 'The certificate of {{ $labels.host }}',
      expression: `min by (host) (${metric})`,
      metric,
      action:
        'Clients refuse the connection after it expires. Put the renewed certificate into a Secret with a new name, and set edge.tlsSecret.',
    });
  }
  for (const { name, namespace } of certManagerCertificates(environment)) {
    const metric = (label: string): string =>
      `certmanager_certificate_expiration_timestamp_seconds{name="${name}",${label}="${namespace}"}`;
    watched.push({
      name: `CertManager${name === 'kafka' ? 'Kafka' : 'Webhook'}Certificate`,
      summary: `The Certificate ${namespace}/${name} of cert-manager`,
      // Prometheus renames a label that collides with the scraped pod's own namespace, unless `honorLabels` is set.
      expression: `min(${metric('exported_namespace')} or ${metric('namespace')})`,
      metric: `certmanager_certificate_expiration_timestamp_seconds{name="${name}"}`,
      action: `cert-manager has not renewed it in time: kubectl describe certificate -n ${namespace} ${name} shows the reason.`,
    });
  }
  return watched.flatMap((certificate) => [
    ends(certificate, 'Ends', WARNING_DAYS, 'warning'),
    ends(certificate, 'EndsSoon', CRITICAL_DAYS, 'critical'),
  ]);
}

function ends(
  { name, summary, expression, metric, action }: WatchedCertificate,
  ending: string,
  days: number,
  severity: WatchingAlert['severity'],
): WatchingAlert {
  return {
    name: `${name}${ending}`,
    expression: `${expression} - time() < ${days * DAY_SECONDS}`,
    metrics: [metric],
    lasting: '1h',
    severity,
    summary: `${summary} expires in {{ $value | humanizeDuration }}`,
    action,
  };
}

/** Objects of cert-manager in the manifests. */
function certManagerCertificates({ namespaces, kafka, edge }: Environment) {
  const { security } = kafka;
  return [
    ...(security.protocol === 'tls' && security.clusterIssuer !== undefined
      ? [{ name: 'kafka', namespace: namespaces.pipeline }]
      : []),
    ...(edge.kind === 'ingress' && edge.controller?.webhookCertificate === 'cert-manager'
      ? [{ name: INGRESS_NGINX_CERTIFICATE, namespace: namespaces.ingress }]
      : []),
  ];
}
