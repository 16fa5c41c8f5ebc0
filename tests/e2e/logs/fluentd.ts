import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ManagedProcess } from '../../../infra/local/managed-process.ts';
import { findFreePort } from '../../../infra/local/ports.ts';
import { fluentdLogging } from '../../infra/log-settings.ts';
import type { StandInSearch } from '../../search/stand-in-search.ts';
import type { Collector } from './collector.ts';
import type { ContainerLog } from './container-log.ts';
import { environmentFor, renderedFiles, writeBelow, writeLogin } from './rendered.ts';

export const HAS_FLUENTD = spawnSync('fluentd', ['--version']).status === 0;

const VARIABLES = {
  K8S_NODE_NAME: 'node',
  // As its supervisor gives it to the process that works.
  RUBYOPT: '-Eascii-8bit:ascii-8bit',
};

/** Fluentd of an environment, with the node's directories and the pod's below a root of its own. */
export class Fluentd implements Collector {
  readonly config: string;
  readonly #process: ManagedProcess;
  readonly #metrics: string;
  readonly #variables: Readonly<Record<string, string>>;

  private constructor(root: string, port: number, readsJournald: boolean) {
    this.config = join(root, 'fluentd/etc/fluent.conf');
    this.#metrics = `http://127.0.0.1:${port}/metrics`;
    this.#variables = { ...VARIABLES, FLUENTD_SYSTEMD_CONF: readsJournald ? 'systemd' : 'disable' };
    this.#process = new ManagedProcess({
      host: process,
      name: 'fluentd',
      directory: root,
      command: ['fluentd', '--no-supervisor', '-c', this.config],
      environment: this.#variables,
      isReady: async () => (await this.#scrape()).includes('fluentd_output_status_retry_count'),
    });
  }

  static async create(root: string, search: StandInSearch, readsJournald = false): Promise<Fluentd> {
    const buffer = { ...fluentdLogging.buffer, flushInterval: '1s' } as const;
    const environment = environmentFor(search, { ...fluentdLogging, buffer, readsJournald });
    const port = await findFreePort();
    const files = Object.entries(renderedFiles(environment, 'fluentd')).map(([name, text]) => [
      name,
      text.replace('port 24231', `port ${port}`),
    ]);
    await writeLogin(root, search);
    await mkdir(join(root, 'var/lib/headwater/fluentd'), { recursive: true });
    const moved = ['/fluentd/etc', '/etc/search', '/var/l'];
    await writeBelow(root, '/fluentd/etc', Object.fromEntries(files) as Record<string, string>, moved);
    return new Fluentd(root, port, readsJournald);
  }

  /** What `fluentd --dry-run` says of the configuration. */
  check(): { readonly status: number | null; readonly output: string } {
    const { status, stdout, stderr } = spawnSync('fluentd', ['--dry-run', '-c', this.config], {
      encoding: 'utf8',
      env: { ...process.env, ...this.#variables },
    });
    return { status, output: `${stdout}${stderr}` };
  }

  async start(): Promise<void> {
    await this.#process.start();
  }

  async stop(): Promise<void> {
    await this.#process.stop();
  }

  async kill(): Promise<void> {
    this.#process.signal('SIGKILL');
    await this.#process.exited;
  }

  async refused(): Promise<number> {
    const [, value] =
      /^headwater_log_records_refused_total(?:\{[^}]*\})? (\S+)$/m.exec(await this.#scrape()) ?? [];
    if (value === undefined) throw new Error('fluentd tells no headwater_log_records_refused_total');
    return Number(value);
  }

  /** Its buffer takes the whole log. */
  async holdsBack(log: ContainerLog): Promise<boolean> {
    const [, position] = /^fluentd_tail_file_position\{[^}]*\} (\S+)$/m.exec(await this.#scrape()) ?? [];
    return Number(position) === statSync(log.path).size;
  }

  async #scrape(): Promise<string> {
    return (await fetch(this.#metrics, { signal: AbortSignal.timeout(5_000) })).text();
  }
}
