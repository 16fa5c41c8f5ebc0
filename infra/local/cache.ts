import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Host } from './host.ts';

const UNFINISHED = '.unfinished-';
const ABANDONED_MS = 24 * 3_600_000;

/**
 * Directories that are made once and only read afterwards, kept outside the checkout so that every checkout shares
 * them. Each is named after a hash of what it was made from; it is made under another name and renamed when it is
 * complete, so that what is found was whole.
 */
export class Cache {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** `$HEADWATER_CACHE`, else `headwater` in the user's cache directory (`$XDG_CACHE_HOME`, `~/.cache`). */
  static of(host: Host): Cache {
    const { HEADWATER_CACHE, XDG_CACHE_HOME } = host.env;
    return new Cache(HEADWATER_CACHE ?? join(XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'headwater'));
  }

  has(name: string, madeFrom: readonly string[]): boolean {
    return existsSync(this.#path(name, madeFrom));
  }

  /**
   * The directory's path; makes it where it is missing, or where `isSound` refuses what is found.
   *
   * @param madeFrom every text that its content depends on
   * @param make fills the directory it is given; where it throws, nothing is left behind
   */
  async entry(
    name: string,
    madeFrom: readonly string[],
    make: (directory: string) => Promise<void>,
    isSound: (directory: string) => Promise<boolean> = () => Promise.resolve(true),
  ): Promise<string> {
    const path = this.#path(name, madeFrom);
    if (existsSync(path)) {
      if (await isSound(path)) return path;
      await rm(path, { recursive: true, force: true });
    }
    await mkdir(this.#directory, { recursive: true });
    await this.#removeAbandoned();
    const unfinished = await mkdtemp(join(this.#directory, UNFINISHED));
    try {
      await make(unfinished);
      await rename(unfinished, path);
    } catch (error) {
      await rm(unfinished, { recursive: true, force: true });
      // Another process may have made the same meanwhile: then its directory stands there, and is as good.
      if (!isOccupied(error) || (await readdir(path)).length === 0) throw error;
    }
    return path;
  }

  /** What was being made when its maker was killed. */
  async #removeAbandoned(): Promise<void> {
    for (const name of await readdir(this.#directory)) {
      const path = join(this.#directory, name);
      if (!name.startsWith(UNFINISHED)) continue;
      // Its maker may rename it meanwhile.
      const mtimeMs = await stat(path).then(
        (stats) => stats.mtimeMs,
        () => Infinity,
      );
      if (mtimeMs < Date.now() - ABANDONED_MS) await rm(path, { recursive: true, force: true });
    }
  }

  #path(name: string, madeFrom: readonly string[]): string {
    const hash = createHash('sha256').update(JSON.stringify(madeFrom)).digest('hex').slice(0, 16);
    return join(this.#directory, `${name}-${hash}`);
  }
}

function isOccupied(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'ENOTEMPTY' || code === 'EEXIST';
}
