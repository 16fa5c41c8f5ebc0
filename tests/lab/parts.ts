import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ownLimits } from '../../infra/images/buildah-builder.ts';
import { Cache } from '../../infra/local/cache.ts';
import { runCommand } from '../../infra/local/command.ts';
import type { Host, Progress } from '../../infra/local/host.ts';
import { type JavaServer, Toolchain } from '../../infra/local/toolchain.ts';
import { PAUSE_IMAGE } from './node/configuration.ts';
import type { PartTimes } from './part-times.ts';
import { searchServer } from './search/search-cluster.ts';
import { buildLabProgram, LAB_PROGRAMS, type LabProgram } from './toolchain.ts';

/** Paths of what a node is made of and Debian does not have. */
export interface Parts {
  readonly binaries: Readonly<Record<LabProgram, string>>;
  /** An OCI archive. */
  readonly pauseImage: string;
  /** Of the search cluster. */
  readonly search: JavaServer;
}

/** Builds what is not in the cache yet, one part after the other: the compiler uses every core. */
export async function makeParts(host: Host, progress: Progress, times: PartTimes): Promise<Parts> {
  const built: [LabProgram, string][] = [];
  for (const program of LAB_PROGRAMS) {
    const build = (say: Progress): Promise<string> => buildLabProgram(program, { host, progress: say });
    built.push([program, await times.measure(program, progress, build)]);
  }
  const binaries = Object.fromEntries(built) as Record<LabProgram, string>;
  const pauseImage = await times.measure('image of pause', progress, (say) =>
    programImage(host, binaries.pause, PAUSE_IMAGE, say),
  );
  // The node starts it, and has no way out to fetch what it is built from.
  await times.measure('versitygw', progress, (say) => new Toolchain({ host, progress: say }).versitygw());
  const search = await times.measure('jars of OpenSearch', progress, (say) => searchServer(host, say));
  return { binaries, pauseImage, search };
}

/** An OCI archive of an image that holds one static program and nothing else, and runs it. */
async function programImage(host: Host, program: string, name: string, progress: Progress): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(program), hash);
  const madeFrom = [name, hash.digest('hex')];
  const make = async (made: string): Promise<void> => {
    progress(`building ${name}`);
    const context = join(made, 'context');
    await cp(program, join(context, 'program'));
    await writeFile(
      join(context, 'Dockerfile'),
      'FROM scratch\nCOPY program /program\nENTRYPOINT ["/program"]\n',
    );
    // Nothing of it is left in the machine's own store of images.
    const storage = [
      '--root',
      join(made, 'store'),
      '--runroot',
      join(made, 'run'),
      '--storage-driver',
      'vfs',
    ];
    const buildah = (...args: readonly string[]): Promise<void> =>
      runCommand('buildah', [...storage, ...args], { host, cwd: made });
    await buildah('bud', '--isolation', 'chroot', ...(await ownLimits()), '--tag', name, context);
    await buildah('push', name, `oci-archive:${join(made, 'image.tar')}:${name}`);
    await runCommand('rm', ['-rf', 'store', 'run', 'context'], { host, cwd: made });
  };
  const directory = await Cache.of(host).entry('lab-image', madeFrom, make, { progress });
  return join(directory, 'image.tar');
}
