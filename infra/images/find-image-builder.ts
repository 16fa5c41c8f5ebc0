import { runCommand } from '../local/command.ts';
import type { Host } from '../local/host.ts';
import { BuildahBuilder } from './buildah-builder.ts';
import { DockerBuilder } from './docker-builder.ts';
import type { ImageBuilder } from './image-builder.ts';

/**
 * Docker with its buildx plugin where an engine answers, else buildah.
 *
 * @throws {Error} where neither is at hand
 */
export async function findImageBuilder(host: Host): Promise<ImageBuilder> {
  if ((await works(host, 'docker', ['info'])) && (await works(host, 'docker', ['buildx', 'version']))) {
    return new DockerBuilder(host);
  }
  if (await works(host, 'buildah', ['--version'])) return new BuildahBuilder(host);
  throw new Error(
    'building images needs docker with its buildx plugin and a running engine, or buildah (on Debian: apt-get install buildah)',
  );
}

async function works(host: Host, program: string, args: readonly string[]): Promise<boolean> {
  return runCommand(program, args, { host, cwd: '/' }).then(
    () => true,
    () => false,
  );
}
