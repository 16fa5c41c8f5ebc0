import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../local/command.ts';
import type { Host, Progress } from '../local/host.ts';
import type { ImageBuilder } from './image-builder.ts';

/** The release that the Dockerfiles' own base is of. */
const SUITE = 'trixie';
const REFERENCE = `localhost/headwater-base:${SUITE}`;

/**
 * A base made of Debian's packages, for a machine that reaches Debian's mirrors but no container registry. Made once;
 * needs mmdebstrap, and root or user namespaces.
 *
 * @returns its reference, for `BASE_IMAGE`
 */
export async function bootstrapBase(
  root: string,
  host: Host,
  builder: ImageBuilder,
  progress: Progress,
): Promise<string> {
  if ((await builder.labelsOf(REFERENCE)) !== undefined) return REFERENCE;
  const directory = await mkdtemp(join(tmpdir(), 'headwater-base-'));
  try {
    progress(`making a base of Debian ${SUITE}'s packages (once, about a minute)`);
    await runCommand('mmdebstrap', ['--variant=minbase', SUITE, join(directory, 'base.tar')], {
      host,
      cwd: directory,
    });
    await builder.build({
      reference: REFERENCE,
      dockerfile: join(root, 'images/base/Dockerfile'),
      context: directory,
      namedContexts: {},
      arguments: {},
    });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
  return REFERENCE;
}
