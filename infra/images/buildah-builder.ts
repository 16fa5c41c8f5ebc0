import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commandOutput } from '../local/command.ts';
import type { Host } from '../local/host.ts';
import { buildArguments, succeeds } from './builder-command.ts';
import type { BuildRequest, ImageBuilder } from './image-builder.ts';

/** With chroot no container runtime is needed, and a build works inside a container too. */
const ISOLATION = ['--isolation', 'chroot'];

/**
 * What buildah says where it could not start itself anew from a sealed copy in memory, as it does on its way into a
 * container (containers/storage, pkg/unshare/unshare.c). The kernel refuses the seal with EBUSY while anything else
 * holds a page of the copy (fcntl(2), F_SEAL_WRITE), which passes; nothing has run in the container by then.
 */
const UNSEALED = 'sealing memfd copy';
const ATTEMPTS = 4;

/** Buildah, with the storage that it is configured for. */
export class BuildahBuilder implements ImageBuilder {
  readonly name = 'buildah';
  readonly #host: Host;

  constructor(host: Host) {
    this.#host = host;
  }

  async labelsOf(reference: string): Promise<Readonly<Record<string, string>> | undefined> {
    if (!(await succeeds(this.#buildah('inspect', '--type', 'image', reference)))) return undefined;
    const image = JSON.parse(await this.#buildah('inspect', '--type', 'image', reference)) as {
      readonly OCIv1: { readonly config: { readonly Labels?: Readonly<Record<string, string>> } };
    };
    return image.OCIv1.config.Labels ?? {};
  }

  async build(request: BuildRequest): Promise<void> {
    await this.#buildah(
      ...['build', ...ISOLATION, ...(await ownLimits()), '--layers', '--pull=missing'],
      ...buildArguments(request),
    );
  }

  async run(reference: string, command: readonly string[]): Promise<string> {
    const directory = await mkdtemp(join(tmpdir(), 'headwater-run-'));
    const container = await this.#buildah('from', ...(await ownLimits()), '--pull-never', reference);
    try {
      // By way of a file: what is written just before the end may be lost on buildah's own relay of standard output.
      const output = join(directory, 'output');
      await writeFile(output, '');
      await chmod(output, 0o666);
      await this.#buildah(
        ...['run', ...ISOLATION, '--volume', `${output}:/run/headwater-output`, container, '--'],
        ...['sh', '-c', 'exec "$@" >/run/headwater-output', 'sh', ...command],
      );
      return (await readFile(output, 'utf8')).trimEnd();
    } finally {
      await this.#buildah('rm', container);
      await rm(directory, { recursive: true });
    }
  }

  async save(reference: string, file: string): Promise<void> {
    await this.#buildah('push', reference, `oci-archive:${file}:${reference}`);
  }

  async isPushed(reference: string): Promise<boolean> {
    return succeeds(this.#buildah('manifest', 'inspect', `docker://${reference}`));
  }

  async push(reference: string): Promise<void> {
    await this.#buildah('push', reference, `docker://${reference}`);
  }

  async #buildah(...args: readonly string[]): Promise<string> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await commandOutput('buildah', args, { host: this.#host, cwd: '/' });
      } catch (error) {
        if (attempt === ATTEMPTS || !(error as Error).message.includes(UNSEALED)) throw error;
      }
    }
  }
}

/** Linux' own for small machines, and what buildah 1.28 lets its containers have at most. */
const MAX_PROCESSES = 32_768;

/**
 * Options that give containers the number of open files and of processes that this process may have. Newer versions of
 * buildah raise both otherwise. Root may not do so without CAP_SYS_RESOURCE, which it seldom has in a container.
 *
 * @see https://man7.org/linux/man-pages/man2/getrlimit.2.html
 */
export async function ownLimits(): Promise<readonly string[]> {
  const limits = await readFile('/proc/self/limits', 'utf8');
  const [, softFiles, hardFiles] = /^Max open files +(\d+) +(\d+)/m.exec(limits) ?? [];
  const [, processes = Infinity] = /^Max processes +\d+ +(\d+)/m.exec(limits) ?? [];
  const most = Math.min(MAX_PROCESSES, Number(processes));
  const files =
    softFiles === undefined || hardFiles === undefined
      ? []
      : ['--ulimit', `nofile=${softFiles}:${hardFiles}`];
  return [...files, '--ulimit', `nproc=${most}:${most}`];
}
