import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KafkaNode } from '../../../infra/constructs/kafka/kafka-listeners.ts';
import { METRICS_PORT } from '../../../infra/constructs/kafka/kafka-properties.ts';
import { ManagedProcess } from '../../../infra/local/managed-process.ts';

const SCRIPTS = join(import.meta.dirname, '../../../images/kafka/bin');

/** A node that was started with the files that the manifests hold, and the probe and the hook of its pod. */
export class RenderedNode extends ManagedProcess {
  readonly node: KafkaNode;
  readonly #directory: string;

  constructor(node: KafkaNode, directory: string, command: readonly [string, ...string[]]) {
    super({
      host: process,
      name: `rendered-${node.id}`,
      directory,
      command,
      isReady: () => this.isReady(),
      startDeadlineMs: 90_000,
    });
    this.node = node;
    this.#directory = directory;
  }

  /** What the readiness probe says. */
  async isReady(): Promise<boolean> {
    const script = this.node.roles.includes('broker') ? 'ready.sh' : 'controller-ready.sh';
    return (await this.#run(script, {})).code === 0;
  }

  /** Runs a broker's preStop hook; resolves with what it wrote into the broker's log. */
  async beforeStop(timeoutSeconds: number): Promise<string> {
    const log = join(this.#directory, `before-stop-${this.node.id}.log`);
    writeFileSync(log, '');
    const { code } = await this.#run('before-stop.sh', {
      HEADWATER_LOG: log,
      DEPARTURE_TIMEOUT_S: String(timeoutSeconds),
      MIN_INSYNC_REPLICAS: '2',
    });
    if (code !== 0) throw new Error(`before-stop.sh must always let go, exited ${code}`);
    return readFileSync(log, 'utf8').trimEnd();
  }

  /** The partitions that a broker's probe keeps as seen without it. */
  get partitionsElsewhere(): readonly string[] {
    const text = readFileSync(join(this.#directory, 'data/partitions-elsewhere'), 'utf8');
    return Array.from(text.matchAll(/^elsewhere (.*)$/gm), ([, name = '']) => name).sort();
  }

  /** What its Prometheus agent shows. */
  async metrics(): Promise<string> {
    return (await fetch(`http://${this.node.host}:${METRICS_PORT}/metrics`)).text();
  }

  #run(script: string, environment: Readonly<Record<string, string>>): Promise<{ readonly code: number }> {
    const env = {
      ...process.env,
      ...environment,
      POD_INDEX: String(this.node.ordinal),
      HEADWATER_CONFIG: join(this.#directory, 'config'),
      HEADWATER_VOLUME: join(this.#directory, 'data'),
      METRICS_PORT: `${this.node.host}:${METRICS_PORT}`,
    };
    return new Promise((resolve) => {
      execFile(join(SCRIPTS, script), { env }, (error) => resolve({ code: error === null ? 0 : 1 }));
    });
  }
}
