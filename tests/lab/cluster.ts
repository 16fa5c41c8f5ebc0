import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);

export interface CommandResult {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

/** A Kubernetes, asked with a kubectl of its own version as its administrator. */
export class Cluster {
  readonly #command: () => readonly [program: string, ...args: string[]];

  /** @param command words that run kubectl where the API server can be reached; asked for each time */
  constructor(command: () => readonly [program: string, ...args: string[]]) {
    this.#command = command;
  }

  get command(): readonly [program: string, ...args: string[]] {
    return this.#command();
  }

  try(args: readonly string[], input?: string): CommandResult {
    const [program, ...words] = this.command;
    const { status, stdout, stderr } = spawnSync(program, [...words, ...args], {
      encoding: 'utf8',
      timeout: 300_000,
      maxBuffer: 64 * 1024 * 1024,
      ...(input !== undefined && { input }),
    });
    return { code: status ?? -1, output: stdout, errors: stderr };
  }

  /** @throws {Error} with what kubectl says, where it fails */
  kubectl(args: readonly string[], input?: string): string {
    const { code, output, errors } = this.try(args, input);
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')} failed: ${errors.trim()}`);
    return output;
  }

  apply(objects: readonly object[]): string {
    return this.kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], inputOf(objects));
  }

  /** Applies definitions of kinds, and waits until objects of them are taken. */
  define(definitions: readonly object[]): void {
    this.apply(definitions);
    const wait = ['wait', '--for=condition=Established', '--timeout=30s', '-f', '-'];
    this.kubectl(wait, inputOf(definitions));
  }

  /** Deletes those that are there. */
  delete(objects: readonly object[]): string {
    return this.kubectl(['delete', '--ignore-not-found', '-f', '-'], inputOf(objects));
  }

  /**
   * The same as {@link Cluster.kubectl}, without blocking: the caller's load goes on meanwhile.
   *
   * @throws {Error} (rejects) where it fails, or has not answered after 10 s
   */
  async ask(args: readonly string[]): Promise<string> {
    const [program, ...words] = this.command;
    const { stdout } = await execute(program, [...words, ...args], {
      timeout: 10_000,
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout;
  }

  /** @returns the object, or the list where no name is given */
  get(namespace: string, ...what: readonly string[]): unknown {
    return JSON.parse(this.kubectl(['get', '--namespace', namespace, ...what, '-o', 'json'])) as unknown;
  }
}

/** What kubectl takes for `-f -`. */
export function inputOf(objects: readonly object[]): string {
  return objects.map((object) => JSON.stringify(object)).join('\n');
}
