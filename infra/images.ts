import lock from './images.lock.json' with { type: 'json' };

/** Where our own images are pushed; the repositories are made outside the manifests. */
const REGISTRY = 'ghcr.io/headwater';

/**
 * Every image that the platform runs. `images.lock.json` holds, for our own, tags that are hashes of what the images
 * are built from (`npm run manifests:update` writes them), and for the others the reference with its digest and the
 * public file that both were read from. Where no digest could be named the tag stands alone, beside the reason.
 */
export const images = {
  application: own('application'),
  kafka: { '3.9.2': own('kafka:3.9.2'), '4.4.0': own('kafka:4.4.0') },
  zookeeper: own('zookeeper:3.9.5'),
  filebeat: lock.others.filebeat.reference,
  fluentdElasticsearch: lock.others.fluentdElasticsearch.reference,
  fluentdOpensearch: lock.others.fluentdOpensearch.reference,
  ingressNginxCertgen: lock.others.ingressNginxCertgen.reference,
  ingressNginxController: lock.others.ingressNginxController.reference,
  kafkaBridge: lock.others.kafkaBridge.reference,
  kafkaUi: lock.others.kafkaUi.reference,
  logstash: lock.others.logstash.reference,
  logstashOpensearch: lock.others.logstashOpensearch.reference,
} as const;

function own(image: keyof typeof lock.own): string {
  const [name = image, version] = image.split(':');
  return `${REGISTRY}/${name}:${version === undefined ? '' : `${version}-`}${lock.own[image]}`;
}
