import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** What each of our own images is built from, relative to the repository. */
const CONTEXTS = {
  application: ['apps', 'images/application', 'package.json', 'package-lock.json'],
  'kafka:3.9.2': ['images/kafka/3.9', 'images/kafka/bin'],
  'kafka:4.4.0': ['images/kafka/4.4', 'images/kafka/bin'],
  'zookeeper:3.9.5': ['images/zookeeper'],
} as const;

/**
 * Tags of our own images: sixteen hexadecimal digits over the names and contents of everything they are built from, so
 * that a manifest changes exactly when an image does.
 *
 * @param root The repository.
 */
export function ownTags(root: string): Record<keyof typeof CONTEXTS, string> {
  const tags = Object.entries(CONTEXTS).map(([image, paths]) => {
    const hash = createHash('sha256');
    for (const file of paths.flatMap((path) => filesBelow(root, path)).sort()) {
      hash
        .update(`${file}\0`)
        .update(readFileSync(join(root, file)))
        .update('\0');
    }
    return [image, hash.digest('hex').slice(0, 16)];
  });
  return Object.fromEntries(tags) as Record<keyof typeof CONTEXTS, string>;
}

function filesBelow(root: string, path: string): readonly string[] {
  const stats = statSync(join(root, path), { throwIfNoEntry: false });
  if (stats === undefined) return [];
  if (stats.isFile()) return [path];
  return readdirSync(join(root, path)).flatMap((name) => filesBelow(root, `${path}/${name}`));
}
