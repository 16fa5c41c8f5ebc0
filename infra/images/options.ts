import { readOptions, UsageError } from '../command-line.ts';
import type { Destination } from './build-images.ts';

export const USAGE = `usage: npx headwater images [options]
builds our own images, those that are not there yet, with docker (buildx) or buildah

  --stack NAME           only the images of environment NAME, and push them to their registry
  --archives DIR         write each to DIR as a file that containerd imports; nothing is pushed
  --base-image REF       what the images stand on; else what the Dockerfiles name
  --bootstrap-base       make the base of Debian's packages with mmdebstrap: no registry is asked
  --write-tags           build nothing; write the tags of the tree as it is to infra/images.lock.json
  --patch                build nothing; have every image take Debian's patches up to today, under a new tag
`;

export interface ImagesOptions {
  /** Environment whose images are wanted; all images where it is left out. */
  readonly stack: string | undefined;
  readonly destination: Destination;
  readonly base:
    { readonly kind: 'dockerfile' | 'bootstrap' } | { readonly kind: 'image'; readonly reference: string };
}

export type Command =
  | { readonly name: 'help' | 'write-tags' | 'patch' }
  | { readonly name: 'build'; readonly options: ImagesOptions };

/** @throws {UsageError} that says what is wrong with the command line */
export function parseCommand(args: readonly string[]): Command {
  const { values } = readOptions(args, {
    stack: { type: 'string' },
    archives: { type: 'string' },
    'base-image': { type: 'string' },
    'bootstrap-base': { type: 'boolean' },
    'write-tags': { type: 'boolean' },
    patch: { type: 'boolean' },
  });
  const { stack, archives, 'base-image': reference, 'bootstrap-base': bootstrap = false } = values;
  if (values.help === true) return { name: 'help' };
  if (values['write-tags'] === true) return { name: 'write-tags' };
  if (values.patch === true) return { name: 'patch' };
  if (reference !== undefined && bootstrap) {
    throw new UsageError(
      '--base-image and --bootstrap-base exclude each other: both say what the images stand on',
    );
  }
  return {
    name: 'build',
    options: {
      stack,
      destination: chooseDestination(stack, archives),
      base:
        reference !== undefined
          ? { kind: 'image', reference }
          : { kind: bootstrap ? 'bootstrap' : 'dockerfile' },
    },
  };
}

function chooseDestination(stack: string | undefined, archives: string | undefined): Destination {
  if (archives !== undefined) return { kind: 'archives', directory: archives };
  return { kind: stack === undefined ? 'storage' : 'registry' };
}
