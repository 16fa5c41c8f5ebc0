import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { bootstrapBase } from '../../infra/images/bootstrap-base.ts';
import { findImageBuilder } from '../../infra/images/find-image-builder.ts';
import { Cache } from '../../infra/local/cache.ts';
import type { Host, Progress } from '../../infra/local/host.ts';

const ROOT = join(import.meta.dirname, '../..');
const DOCKERFILE = join(import.meta.dirname, 'tools/filebeat/Dockerfile');

/** What the lab's own build is called until it takes the place of the one that the manifests name. */
export const FILEBEAT_IMAGE = 'localhost/headwater-lab-filebeat:latest';

/** An OCI archive of an image with Filebeat and, as in its project's, a shell. @param program path of the binary */
export async function filebeatImage(host: Host, program: string, progress: Progress): Promise<string> {
  const context = dirname(program);
  const madeFrom = [FILEBEAT_IMAGE, context, await readFile(DOCKERFILE, 'utf8')];
  const make = async (made: string): Promise<void> => {
    progress('building the image of Filebeat');
    const builder = await findImageBuilder(host);
    await builder.build({
      reference: FILEBEAT_IMAGE,
      dockerfile: DOCKERFILE,
      context,
      namedContexts: {},
      arguments: { BASE_IMAGE: await bootstrapBase(ROOT, host, builder, progress) },
    });
    await builder.save(FILEBEAT_IMAGE, join(made, 'image.tar'));
  };
  const directory = await Cache.of(host).entry('lab-filebeat-image', madeFrom, make, { progress });
  return join(directory, 'image.tar');
}
