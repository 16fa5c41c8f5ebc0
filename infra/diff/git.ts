import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A git repository, by the directory of one of its work trees. */
export class Git {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** @throws {Error} where there is no git, or no repository */
  async requireRepository(): Promise<void> {
    try {
      await this.#git('rev-parse', '--git-dir');
    } catch (error) {
      const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
      throw new Error(
        missing
          ? 'git must be installed: the base is read from the repository'
          : `${this.#directory} must be in a git repository: the base is read from it`,
        { cause: error },
      );
    }
  }

  /** The commit that a revision names. @throws {Error} that says what to do where it names none */
  async resolve(option: string, revision: string): Promise<string> {
    try {
      return await this.#git('rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`);
    } catch (error) {
      const shallow = (await this.#git('rev-parse', '--is-shallow-repository')) === 'true';
      throw new Error(
        `${option} must be a revision of this repository, got ${revision}` +
          (shallow
            ? ': this clone is shallow and may lack it; git fetch --unshallow (or fetch-depth: 0) brings the rest'
            : ''),
        { cause: error },
      );
    }
  }

  async isDirty(): Promise<boolean> {
    return (await this.#git('status', '--porcelain')) !== '';
  }

  /** A work tree of a commit at a path, until it is removed. */
  async addWorktree(path: string, commit: string): Promise<void> {
    await this.#git('worktree', 'add', '--detach', '--quiet', path, commit);
  }

  /** Also one whose making was interrupted, which git may know by its name alone. */
  async removeWorktree(path: string): Promise<void> {
    try {
      await this.#git('worktree', 'remove', '--force', path);
    } catch {
      await rm(path, { recursive: true, force: true });
      await this.#git('worktree', 'prune');
    }
  }

  async #git(...args: readonly string[]): Promise<string> {
    const { stdout } = await run('git', ['-C', this.#directory, ...args], { encoding: 'utf8' });
    return stdout.trim();
  }
}
