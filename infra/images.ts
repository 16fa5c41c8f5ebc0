import lock from './images.lock.json' with { type: 'json' };

/** Where our own images are pushed, unless the environment names a registry. */
const REGISTRY = 'ghcr.io/headwater';

type OwnName = keyof typeof lock.own;

/**
 * Our own images as the manifests name them, by their names in `images.lock.json`. Their tags there are hashes of what they
 * are built from (`npm run manifests:update` writes them).
 *
 * @param registry Host and path, such as `registry.example.com/team`.
 */
export function ownReferences(registry = REGISTRY): Readonly<Record<OwnName, string>> {
  const references = Object.entries(lock.own).map(([image, tag]) => {
    const [name = image, version] = image.split(':');
    return [image, `${registry}/${name}:${version === undefined ? '' : `${version}-`}${tag}`];
  });
  return Object.fromEntries(references) as Record<OwnName, string>;
}

/** Repositories of all of our own images, without the registry's host: `team/kafka`. */
export function ownRepositories(registry?: string): readonly string[] {
  const names = Object.values(ownReferences(registry)).map((reference) =>
    reference.replace(/^[^/]+\//, '').replace(/:.*$/, ''),
  );
  return [...new Set(names)];
}

/**
 * Images of others. `images.lock.json` holds each reference with its digest and the public file that both were read from;
 * where no digest could be named the tag stands alone, beside the reason.
 */
export const images = {
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
