import lock from './images.lock.json' with { type: 'json' };

/** Where our own images are pushed; the repository is made outside the manifests. */
const REGISTRY = 'ghcr.io/headwater';

/**
 * Every image that the platform runs. `images.lock.json` is generated for our own images, whose tags are hashes of what
 * they are built from. For the others it holds tag and digest, and the public file that the digest was read from; where
 * none could be named, the tag stands alone beside the reason.
 */
export const images = {
  application: own('application'),
  kafka: { '3.9.2': own('kafka:3.9.2'), '4.4.0': own('kafka:4.4.0') },
  zookeeper: own('zookeeper:3.9.5'),
} as const;

function own(image: keyof typeof lock.own): string {
  const [name = image, version] = image.split(':');
  return `${REGISTRY}/${name}:${version === undefined ? '' : `${version}-`}${lock.own[image]}`;
}
