import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describeFailure, UsageError } from '../command-line.ts';
import { environments } from '../environments/environments.ts';
import { ownReferences } from '../images.ts';
import { bootstrapBase } from './bootstrap-base.ts';
import { buildImages } from './build-images.ts';
import { ownTags } from './content-tags.ts';
import { findImageBuilder } from './find-image-builder.ts';
import type { ImageBuilder } from './image-builder.ts';
import { parseCommand, USAGE, type ImagesOptions } from './options.ts';
import { writePatchDate } from './patch-date.ts';
import { stackImages } from './stack-images.ts';

const ROOT = join(import.meta.dirname, '../..');

function progress(text: string): void {
  process.stderr.write(`${text}\n`);
}

function writeTags(): void {
  const path = join(ROOT, 'infra/images.lock.json');
  const lock = JSON.parse(readFileSync(path, 'utf8')) as object;
  writeFileSync(path, `${JSON.stringify({ ...lock, own: ownTags(ROOT) }, null, 2)}\n`);
}

function chooseImages(stack: string | undefined) {
  if (stack === undefined) return ownReferences();
  const environment = Object.entries(environments).find(([name]) => name === stack)?.[1];
  if (environment !== undefined) return stackImages(environment);
  throw new UsageError(`--stack must be one of ${Object.keys(environments).join(', ')}, got ${stack}`);
}

async function chooseBase(base: ImagesOptions['base'], builder: ImageBuilder): Promise<string | undefined> {
  if (base.kind === 'dockerfile') return undefined;
  return base.kind === 'image' ? base.reference : bootstrapBase(ROOT, process, builder, progress);
}

async function build({ stack, destination, base }: ImagesOptions): Promise<void> {
  const references = chooseImages(stack);
  const builder = await findImageBuilder(process);
  const reference = await chooseBase(base, builder);
  const results = await buildImages({
    root: ROOT,
    host: process,
    builder,
    references,
    destination:
      destination.kind === 'archives'
        ? { kind: 'archives', directory: resolve(destination.directory) }
        : destination,
    ...(reference !== undefined && { base: reference }),
    billsOfMaterials: join(ROOT, 'dist/images'),
    progress,
  });
  for (const { outcome, reference, archive } of results) {
    process.stdout.write(`${[outcome, reference, ...(archive === undefined ? [] : [archive])].join(' ')}\n`);
  }
}

try {
  const command = parseCommand(process.argv.slice(2));
  if (command.name === 'build') await build(command.options);
  else if (command.name === 'write-tags') writeTags();
  else if (command.name === 'patch') {
    writePatchDate(ROOT, new Date());
    process.stdout.write('npm run manifests:update writes the tags that follow\n');
  } else process.stdout.write(USAGE);
} catch (error) {
  const { text, exitCode } = describeFailure('images', error);
  process.stderr.write(text);
  process.exitCode = exitCode;
}
