import type { JarSet } from '../local/toolchain.ts';

/** How one of our own images is built. Paths are relative to the repository. */
export interface OwnImage {
  readonly dockerfile: string;
  /** Build arguments beside the base and the version. */
  readonly arguments: Readonly<Record<string, string>>;
  /** Files and folders that the Dockerfile takes from the repository. */
  readonly sources: readonly string[];
  /**
   * What the Dockerfile takes from elsewhere, as a build context of the given name: fetched from a registry and checked
   * before the build begins, so that no build downloads what nobody has checked.
   */
  readonly fetched: { readonly context: 'packages' } | { readonly context: 'jars'; readonly set: JarSet };
}

/** Every image of ours by its name in `images.lock.json`: `<repository>` or `<repository>:<version of what is in it>`. */
export const OWN_IMAGES = {
  producer: application('producer'),
  consumer: application('consumer'),
  indices: application('indices'),
  topics: application('topics'),
  users: application('users'),
  'kafka:3.9.2': kafka('3.9'),
  'kafka:4.4.0': kafka('4.4'),
  'zookeeper:3.9.5': {
    dockerfile: 'images/zookeeper/Dockerfile',
    arguments: {},
    sources: ['images/zookeeper/bin', 'images/zookeeper/logback.xml'],
    fetched: { context: 'jars', set: 'zookeeper' },
  },
} as const satisfies Readonly<Record<string, OwnImage>>;

export type OwnImageName = keyof typeof OWN_IMAGES;

/** All of {@link OWN_IMAGES}, with their names. */
export const ownImages = Object.entries(OWN_IMAGES) as readonly (readonly [OwnImageName, OwnImage])[];

function application(program: string): OwnImage {
  return {
    dockerfile: 'images/application/Dockerfile',
    arguments: { PROGRAM: program },
    sources: ['images/application/package.json', 'apps/service', 'apps/kafka', `apps/${program}`],
    fetched: { context: 'packages' },
  };
}

function kafka(line: '3.9' | '4.4'): OwnImage {
  return {
    dockerfile: 'images/kafka/Dockerfile',
    arguments: { LINE: line },
    sources: [`images/kafka/${line}`, 'images/kafka/bin'],
    fetched: { context: 'jars', set: `kafka/${line}` },
  };
}
