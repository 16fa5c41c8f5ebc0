import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Cache } from '../../infra/local/cache.ts';
import { runCommand } from '../../infra/local/command.ts';
import { Toolchain } from '../../infra/local/toolchain.ts';

/** Holds Kafka's own measuring clients; no part of what the brokers need. */
const TOOLS = 'org.apache.kafka:kafka-tools:3.9.2';
const SHA256 = '3e6844711c3f5c9148f76ac96dfbf1de0aeeba11249e142e084b6de68e0ed05e';

/** The command that runs a class of Kafka's tools. */
export async function kafkaTool(className: string): Promise<readonly [string, ...string[]]> {
  const host = process;
  const { java, classPath } = await new Toolchain({ host }).javaServer('kafka/3.9');
  const directory = await Cache.of(host).entry('kafka-tools', [TOOLS, SHA256], async (made) => {
    const copy = ['-B', '-q', 'dependency:copy', `-Dartifact=${TOOLS}`, `-DoutputDirectory=${made}`];
    await runCommand('mvn', copy, { host, cwd: made });
    const found = createHash('sha256').update(await readFile(join(made, 'kafka-tools-3.9.2.jar')));
    const sum = found.digest('hex');
    if (sum !== SHA256) throw new Error(`${TOOLS} must have SHA-256 ${SHA256}, has ${sum}`);
  });
  return [
    java,
    '-Xmx512m',
    '-cp',
    `${classPath}:${join(directory, '*')}`,
    `org.apache.kafka.tools.${className}`,
  ];
}
