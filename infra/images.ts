import lock from './images.lock.json' with { type: 'json' };

/** Where our own images are pushed; the repositories are made outside the manifests. */
const REGISTRY = 'ghcr.io/headwater';

/** Our own images as the manifests name them, by their names in `images.lock.json`. */
export const ownReferences = Object.fromEntries(
  Object.entries(lock.own).map(([image, tag]) => {
    const [name = image, version] = image.split(':');
    return [image, `${REGISTRY}/${name}:${version === undefined ? '' : `${version}-`}${tag}`];
  }),
) as Readonly<Record<keyof typeof lock.own, string>>;

/**
 * Every image that the platform runs. `images.lock.json` holds, for our own, tags that are hashes of what the images
 * are built from (`npm run manifests:update` writes them), and for the others the reference with its digest and the
 * public file that both were read from. Where no digest could be named the tag stands alone, beside the reason.
 */
export const images = {
  producer: ownReferences.producer,
  consumer: ownReferences.consumer,
  topics: ownReferences.topics,
  users: ownReferences.users,
  kafka: { '3.9.2': ownReferences['kafka:3.9.2'], '4.4.0': ownReferences['kafka:4.4.0'] },
  zookeeper: ownReferences['zookeeper:3.9.5'],
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
