import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Host } from '../../infra/local/host.ts';
import { within } from './namespaces.ts';
import { DIRECTORY } from './place.ts';

const execute = promisify(execFile);

export interface Answer {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

/** The lab's Kubernetes, asked with a kubectl of its own version as its administrator. */
export class Cluster {
  readonly #host: Host;
  readonly #kubernetes: string;

  /** @param kubernetes path of the binary that is every program of Kubernetes */
  constructor(host: Host, kubernetes: string) {
    this.#host = host;
    this.#kubernetes = kubernetes;
  }

  /** Words that run kubectl where the API server can be reached. */
  get command(): [program: string, ...args: string[]] {
    const kubeconfig = join(DIRECTORY, 'admin.kubeconfig');
    return [...within(this.#host), this.#kubernetes, 'kubectl', `--kubeconfig=${kubeconfig}`];
  }

  try(args: readonly string[], input?: string): Answer {
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
    const text = objects.map((object) => JSON.stringify(object)).join('\n');
    return this.kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], text);
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
