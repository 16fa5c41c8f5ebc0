import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Cache } from '../../../infra/local/cache.ts';
import { runCommand } from '../../../infra/local/command.ts';
import type { Host } from '../../../infra/local/host.ts';
import { Toolchain } from '../../../infra/local/toolchain.ts';
import type { Cost } from '../kafka-clients/clock.ts';
import type { Target } from '../kafka-clients/client.ts';

const TOOLS = 'org.apache.kafka:kafka-tools:3.9.2';
const TOOLS_SHA256 = '3e6844711c3f5c9148f76ac96dfbf1de0aeeba11249e142e084b6de68e0ed05e';

/** Kafka's own measure of how fast a cluster is read; stores nothing. */
export class ConsumerPerformance {
  readonly #host: Host;
  readonly #java: string;
  readonly #classPath: string;

  private constructor(host: Host, java: string, classPath: string) {
    this.#host = host;
    this.#java = java;
    this.#classPath = classPath;
  }

  /** Fetches the one jar that the brokers do without. */
  static async prepare(host: Host): Promise<ConsumerPerformance> {
    const { java, classPath } = await new Toolchain({ host }).javaServer('kafka/3.9');
    const directory = await Cache.of(host).entry('kafka-tools', [TOOLS, TOOLS_SHA256], async (made) => {
      const copy = ['-B', '-q', 'dependency:copy', `-Dartifact=${TOOLS}`, `-DoutputDirectory=${made}`];
      await runCommand('mvn', copy, { host, cwd: made });
      const sum = createHash('sha256').update(await readFile(join(made, 'kafka-tools-3.9.2.jar')));
      const found = sum.digest('hex');
      if (found !== TOOLS_SHA256) throw new Error(`${TOOLS} must have SHA-256 ${TOOLS_SHA256}, has ${found}`);
    });
    return new ConsumerPerformance(host, java, `${classPath}:${join(directory, '*')}`);
  }

  /** Reads so many records from the start of a topic. The time is its own, without that of joining its group. */
  async run({ bootstrapServers, topic }: Target, records: number): Promise<Cost> {
    const main = ['-Xmx512m', '-cp', this.#classPath, 'org.apache.kafka.tools.ConsumerPerformance'];
    const target = ['--bootstrap-server', bootstrapServers.join(), '--topic', topic];
    const tool = [this.#java, ...main, ...target, '--messages', String(records), '--timeout', '60000'];
    const lines: string[] = [];
    // The shell's own `time`: what children have used is not to be had from Node.
    await runCommand('bash', ['-c', 'TIMEFORMAT="cpu %U %S"; time "$@"', 'bash', ...tool], {
      host: this.#host,
      cwd: '/',
      onLine: (line) => lines.push(line),
    });
    const figures =
      lines
        .find((line) => /^\d{4}-/.test(line))
        ?.split(',')
        .map(Number) ?? [];
    const [, , , , read = 0, , , fetchMs = 0] = figures;
    const cpu =
      lines
        .findLast((line) => line.startsWith('cpu '))
        ?.split(' ')
        .slice(1)
        .map(Number) ?? [];
    if (read < records) throw new Error(`ConsumerPerformance read ${read} of ${records} records`);
    return {
      records: read,
      seconds: fetchMs / 1000,
      recordsPerSecond: (read * 1000) / fetchMs,
      cpuSecondsPerMillion: (cpu.reduce((sum, seconds) => sum + seconds, 0) * 1_000_000) / read,
    };
  }
}
