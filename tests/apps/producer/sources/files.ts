import { hash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

/** A line of a file of keys. */
export const lineOf = (key: string): string => `sha256:${hash('sha256', key)}\n`;

/** A directory for files of keys, removed with the test. */
export class KeyFiles {
  readonly #directory: string;

  private constructor(directory: string) {
    this.#directory = directory;
  }

  static async create(t: TestContext): Promise<KeyFiles> {
    const directory = await mkdtemp(join(tmpdir(), 'headwater-keys-'));
    t.after(() => rm(directory, { recursive: true, force: true }));
    return new KeyFiles(directory);
  }

  path(source: string): string {
    return join(this.#directory, source);
  }

  /** @returns the file's path */
  async write(source: string, content: string): Promise<string> {
    await writeFile(this.path(source), content);
    return this.path(source);
  }

  /** Writes a file with these keys. @returns its path */
  put(source: string, ...keys: readonly string[]): Promise<string> {
    return this.write(source, keys.map(lineOf).join(''));
  }
}
