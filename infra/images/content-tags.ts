import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ownImages, type OwnImage, type OwnImageName } from './own-images.ts';
import { runtimePackages } from './runtime-packages.ts';

/**
 * Tags of our own images: sixteen hexadecimal digits over everything that an image is built from, so that a manifest
 * changes exactly when an image does. The base is the Dockerfile's default; one that was given instead does not show.
 *
 * @param root The repository.
 */
export function ownTags(root: string): Readonly<Record<OwnImageName, string>> {
  const packages = runtimePackages(root);
  const tags = ownImages.map(([name, image]) => [name, contentTag(root, image, packages)]);
  return Object.fromEntries(tags) as Record<OwnImageName, string>;
}

function contentTag(root: string, image: OwnImage, packages: string): string {
  const { dockerfile, arguments: values, sources, fetched } = image;
  const hash = createHash('sha256').update(JSON.stringify(values));
  const described = fetched.context === 'jars' ? [`images/${fetched.set}/jars.sha256`] : [];
  for (const file of [
    dockerfile,
    ...described,
    ...sources.flatMap((path) => filesBelow(root, path)),
  ].sort()) {
    hash
      .update(`\0${file}\0`)
      .update(readFileSync(join(root, file)))
      .update('\0');
  }
  if (fetched.context === 'packages') hash.update(packages);
  return hash.digest('hex').slice(0, 16);
}

/** @throws {Error} where there is no such file or folder */
function filesBelow(root: string, path: string): readonly string[] {
  if (statSync(join(root, path)).isFile()) return [path];
  return readdirSync(join(root, path)).flatMap((name) => filesBelow(root, `${path}/${name}`));
}
