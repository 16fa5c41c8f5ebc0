import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Environment } from '../../../infra/environments/environment.ts';
import { ManagedProcess } from '../../../infra/local/managed-process.ts';
import { findFreePort } from '../../../infra/local/ports.ts';
import { buildLabProgram } from '../../lab/toolchain.ts';
import type { StandInSearch } from '../../search/stand-in-search.ts';
import type { Collector } from './collector.ts';
import { renderedFiles, writeBelow, writeLogin } from './rendered.ts';

/** Builds Filebeat where it is not in the cache: minutes. @returns the path of its binary */
export async function buildFilebeat(): Promise<string> {
  const progress = (text: string): void => void process.stderr.write(`${text}\n`);
  return buildLabProgram('filebeat', { host: process, progress });
}

export interface FilebeatOptions {
  /** Of {@link buildFilebeat}. */
  readonly program: string;
  readonly root: string;
  readonly search: StandInSearch;
  readonly environment: Environment;
  /** The workload whose configuration it runs with: the shipper, or an indexer. @default 'filebeat' */
  readonly workload?: string;
  /** Text that is put in the place of other text of the configuration. @default none */
  readonly replaced?: Readonly<Record<string, string>>;
}

const RESTARTS = 3;

/** Filebeat of an environment, with the node's directories and the pod's below a root of its own. */
export class Filebeat implements Collector {
  readonly #process: ManagedProcess;
  readonly #stats: string;
  #isWanted = false;

  private constructor({ program, root, search, workload = 'filebeat' }: FilebeatOptions, port: number) {
    this.#stats = `http://127.0.0.1:${port}/stats`;
    const { username, password } = search.login;
    this.#process = new ManagedProcess({
      host: process,
      name: workload,
      directory: root,
      command: [program, '-e', '--strict.perms=false', '-c', join(root, 'etc', workload, 'filebeat.yml')],
      // As the pod's command reads them from its Secrets; no kubeconfig leads it to a cluster of this machine.
      environment: {
        NODE_NAME: 'node',
        SEARCH_USERNAME: username,
        SEARCH_PASSWORD: password,
        KUBECONFIG: '',
      },
      isReady: async () => (await this.#output()) !== undefined,
    });
  }

  static async create(options: FilebeatOptions): Promise<Filebeat> {
    const { root, search, environment, workload = 'filebeat', replaced = {} } = options;
    const port = await findFreePort();
    const others = { ...replaced, 'port: 5066': `port: ${port}`, 'data: /tmp/data': `data: ${root}/data` };
    const files = Object.entries(renderedFiles(environment, workload)).map(([name, text]) => [
      name,
      Object.entries(others).reduce((words, [from, to]) => words.replaceAll(from, to), text),
    ]);
    await writeLogin(root, search);
    await mkdir(join(root, 'var/lib/headwater/filebeat'), { recursive: true });
    const moved = ['/etc/search', '/var/l'];
    await writeBelow(root, join('etc', workload), Object.fromEntries(files) as Record<string, string>, moved);
    return new Filebeat(options, port);
  }

  async start(): Promise<void> {
    this.#isWanted = true;
    await this.#process.start();
    void this.#restart();
  }

  async stop(): Promise<void> {
    this.#isWanted = false;
    await this.#process.stop();
  }

  async kill(): Promise<void> {
    this.#isWanted = false;
    this.#process.signal('SIGKILL');
    await this.#process.exited;
  }

  /**
   * As the kubelet does with one that ends by itself: two parts of its Kafka client may register one metric at the same time,
   * and Filebeat panics.
   */
  async #restart(): Promise<void> {
    for (let left = RESTARTS; left > 0; left--) {
      await this.#process.exited;
      if (!this.#isWanted) return;
      await this.#process.spawn();
    }
  }

  async refused(): Promise<number> {
    const { dead_letter: kept = 0, dropped = 0 } = (await this.#output())?.events ?? {};
    return kept + dropped;
  }

  /** It stops reading when its queue is full. */
  async holdsBack(): Promise<boolean> {
    const { libbeat } = await this.#scrape();
    return (libbeat.pipeline.queue.filled?.pct ?? 0) >= 0.99;
  }

  async #output(): Promise<Stats['libbeat']['output'] | undefined> {
    return (await this.#scrape()).libbeat.output;
  }

  async #scrape(): Promise<Stats> {
    const response = await fetch(this.#stats, { signal: AbortSignal.timeout(5_000) });
    return (await response.json()) as Stats;
  }
}

/** Of Filebeat's own figures, those that a test asks for. */
interface Stats {
  readonly libbeat: {
    readonly output: { readonly events: { readonly dead_letter?: number; readonly dropped?: number } };
    readonly pipeline: { readonly queue: { readonly filled?: { readonly pct: number } } };
  };
}
