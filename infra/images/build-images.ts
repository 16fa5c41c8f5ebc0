import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Host, Progress } from '../local/host.ts';
import { Toolchain } from '../local/toolchain.ts';
import { billOfMaterials } from './bill-of-materials.ts';
import type { ImageBuilder } from './image-builder.ts';
import { OWN_IMAGES, type OwnImage, type OwnImageName } from './own-images.ts';
import { installRuntimePackages } from './runtime-packages.ts';

const BASE_LABEL = 'org.opencontainers.image.base.name';

/** Where the images are wanted: in this machine's storage, also in their registry, or also as files for containerd. */
export type Destination =
  | { readonly kind: 'storage' }
  | { readonly kind: 'registry' }
  | { readonly kind: 'archives'; readonly directory: string };

export interface BuildImagesOptions {
  /** The repository. */
  readonly root: string;
  readonly host: Host;
  readonly builder: ImageBuilder;
  /** References by image, as the manifests name them. */
  readonly references: Readonly<Partial<Record<OwnImageName, string>>>;
  readonly destination: Destination;
  /** What the images stand on. @default - what each Dockerfile names */
  readonly base?: string;
  /** Gets one `<image>-<tag>.cdx.json` for each image that is built. */
  readonly billsOfMaterials: string;
  readonly progress: Progress;
}

export interface ImageResult {
  readonly image: OwnImageName;
  readonly reference: string;
  /** `found`: it was at its destination already. */
  readonly outcome: 'built' | 'found';
  /** The file, where archives are wanted. */
  readonly archive?: string;
}

/** Brings each image to its destination; builds only what neither the destination nor this machine has. */
export async function buildImages(options: BuildImagesOptions): Promise<readonly ImageResult[]> {
  const results: ImageResult[] = [];
  // One after the other: images share layers, and a build in parallel would make those twice.
  for (const [image, reference] of Object.entries(options.references) as [OwnImageName, string][]) {
    results.push(await bringImage(options, image, reference));
  }
  return results;
}

async function bringImage(
  options: BuildImagesOptions,
  image: OwnImageName,
  reference: string,
): Promise<ImageResult> {
  const { builder, destination, progress } = options;
  if (destination.kind === 'registry' && (await builder.isPushed(reference))) {
    return { image, reference, outcome: 'found' };
  }
  const outcome = await haveImage(options, image, reference);
  switch (destination.kind) {
    case 'storage':
      return { image, reference, outcome };
    case 'registry':
      progress(`pushing ${reference}`);
      await builder.push(reference);
      return { image, reference, outcome };
    case 'archives': {
      const archive = join(destination.directory, `${fileName(reference)}.tar`);
      if (outcome === 'built' || !existsSync(archive)) {
        progress(`writing ${archive}`);
        await mkdir(destination.directory, { recursive: true });
        await builder.save(reference, `${archive}.unfinished`);
        await rename(`${archive}.unfinished`, archive);
      }
      return { image, reference, outcome, archive };
    }
  }
}

/** Builds the image unless this machine has it on the same base, and writes down what is in it unless that is there. */
async function haveImage(
  options: BuildImagesOptions,
  image: OwnImageName,
  reference: string,
): Promise<ImageResult['outcome']> {
  const { root, host, builder, base, billsOfMaterials, progress } = options;
  const definition = OWN_IMAGES[image];
  const wanted = base ?? (await defaultBase(join(root, definition.dockerfile)));
  const bill = join(billsOfMaterials, `${fileName(reference)}.cdx.json`);
  const outcome = (await builder.labelsOf(reference))?.[BASE_LABEL] === wanted ? 'found' : 'built';
  if (outcome === 'built') {
    const namedContexts = await fetchedContext(root, host, definition, progress);
    progress(`building ${reference} with ${builder.name}`);
    await builder.build({
      reference,
      dockerfile: join(root, definition.dockerfile),
      context: root,
      namedContexts,
      arguments: { ...definition.arguments, BASE_IMAGE: wanted, VERSION: reference.replace(/^.*:/, '') },
    });
  }
  if (outcome === 'built' || !existsSync(bill)) {
    progress(`listing what is in ${reference}`);
    const text = await billOfMaterials(root, host, builder, definition, reference);
    await mkdir(billsOfMaterials, { recursive: true });
    await writeFile(bill, text);
  }
  return outcome;
}

async function fetchedContext(root: string, host: Host, { fetched }: OwnImage, progress: Progress) {
  if (fetched.context === 'packages') return { packages: await installRuntimePackages(root, host, progress) };
  return { jars: await new Toolchain({ host, progress }).jars(fetched.set) };
}

/** What a Dockerfile stands on when it is not told otherwise. */
async function defaultBase(dockerfile: string): Promise<string> {
  const base = /^ARG BASE_IMAGE=(.+)$/m.exec(await readFile(dockerfile, 'utf8'))?.[1];
  if (base === undefined) throw new Error(`${dockerfile} must have a line ARG BASE_IMAGE=<reference>`);
  return base;
}

/** `ghcr.io/headwater/kafka:3.9.2-0123` → `kafka-3.9.2-0123`. */
function fileName(reference: string): string {
  return reference.replace(/^.*\//, '').replace(':', '-');
}
