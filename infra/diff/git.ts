import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A git repository, addressed by the directory of one of its worktrees. */
export class Git {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** @throws {Error} if git or the repository is missing */
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

  /** Resolves a revision to a commit. @throws {Error} with a remedy if it does not exist */
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

  /** Adds a worktree of a commit at a path. */
  async addWorktree(path: string, commit: string): Promise<void> {
    await this.#git('worktree', 'add', '--detach', '--quiet', path, commit);
  }

  /** Also removes a worktree whose creation was interrupted: git may know only its name. */
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
