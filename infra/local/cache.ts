import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Host, Progress } from './host.ts';

const UNFINISHED = '.unfinished-';
const ABANDONED_MS = 24 * 3_600_000;

/** Interval at which the maker of an entry renews its claim; after several missed intervals the claim expires. */
const SIGN_EVERY_MS = 5_000;
const SILENT_MS = 30_000;
const LOOK_EVERY_MS = 250;
const SAY_EVERY_MS = 10_000;

export interface EntryOptions {
  /** Whether an existing entry is valid; otherwise it is made again. @default valid */
  readonly isSound?: (directory: string) => Promise<boolean>;
  /** Called every ten seconds while another process makes the entry. @default silence */
  readonly progress?: Progress;
  /** Ends the wait for another process. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Directories that are made once and then only read, outside of the checkout, so that all checkouts share them. The
 * name contains a hash of the inputs. An entry is made under another name and renamed when it is complete, so an
 * existing entry is complete. If several processes want one, one makes it and the others wait.
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
   * Returns the path of an entry; makes it if it is missing or not sound.
   *
   * @param madeFrom every text that its content depends on
   * @param make fills the given directory; if it throws, nothing is left behind
   */
  async entry(
    name: string,
    madeFrom: readonly string[],
    make: (directory: string) => Promise<void>,
    { isSound = () => Promise.resolve(true), progress, signal }: EntryOptions = {},
  ): Promise<string> {
    const path = this.#path(name, madeFrom);
    const isThere = async (): Promise<boolean> => existsSync(path) && (await isSound(path));
    if (await isThere()) return path;
    await mkdir(this.#directory, { recursive: true });
    const claim = new Claim(`${path}.making`);
    const began = performance.now();
    let saidAt = Number.NEGATIVE_INFINITY;
    while (!(await claim.take())) {
      if (performance.now() - saidAt >= SAY_EVERY_MS) {
        saidAt = performance.now();
        progress?.(
          `waiting for another process that makes ${name}: ${Math.round((saidAt - began) / 1_000)} s`,
        );
      }
      await sleep(LOOK_EVERY_MS, undefined, signal && { signal });
    }
    try {
      if (await isThere()) return path;
      await rm(path, { recursive: true, force: true });
      await this.#make(path, make);
      return path;
    } finally {
      await claim.release();
    }
  }

  async #make(path: string, make: (directory: string) => Promise<void>): Promise<void> {
    await this.#removeAbandoned();
    const unfinished = await mkdtemp(join(this.#directory, UNFINISHED));
    try {
      await make(unfinished);
      await rename(unfinished, path);
    } catch (error) {
      await rm(unfinished, { recursive: true, force: true });
      // A maker that missed its renewals but is still running may have made the same entry, which is as good.
      if (!isOccupied(error) || (await readdir(path)).length === 0) throw error;
    }
  }

  /** Removes unfinished entries of killed makers. */
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

/**
 * A file that marks an entry as being made, as long as it is young. A pid would not work, since processes of other
 * containers may share the directory.
 */
class Claim {
  readonly #path: string;
  readonly #owner = randomUUID();
  #signs: NodeJS.Timeout | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  async take(): Promise<boolean> {
    if (!(await this.#write())) {
      const age = await stat(this.#path).then(
        ({ mtimeMs }) => Date.now() - mtimeMs,
        () => 0,
      );
      if (age < SILENT_MS) return false;
      await rm(this.#path, { force: true });
      return false;
    }
    const sign = (): void => {
      const now = new Date();
      utimes(this.#path, now, now).catch(() => undefined);
    };
    this.#signs = setInterval(sign, SIGN_EVERY_MS).unref();
    return true;
  }

  async release(): Promise<void> {
    clearInterval(this.#signs);
    const owner = await readFile(this.#path, 'utf8').catch(() => '');
    if (owner === this.#owner) await rm(this.#path, { force: true });
  }

  /** @returns false if another process has it */
  async #write(): Promise<boolean> {
    try {
      await writeFile(this.#path, this.#owner, { flag: 'wx' });
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      return false;
    }
  }
}

function isOccupied(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'ENOTEMPTY' || code === 'EEXIST';
}
