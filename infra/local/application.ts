import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ConsumerVariables } from '../../apps/consumer/config.ts';
import type { ProducerVariables } from '../../apps/producer/config.ts';
import type { TopicsVariables } from '../../apps/topics/config.ts';
import type { TopicDeclaration } from '../../apps/topics/topic.ts';
import { runCommand } from './command.ts';
import type { Host } from './host.ts';
import { ManagedProcess, type ProcessOptions } from './managed-process.ts';
import { findFreePort } from './ports.ts';
import { waitUntil } from './wait.ts';

const APPS = fileURLToPath(new URL('../../apps', import.meta.url));

/** Variables that this class sets. */
type Place = 'PORT' | 'LISTEN_ADDRESS';

export interface ApplicationOptions<Variables> {
  readonly host: Host;
  /** Directory of its log and pid file. */
  readonly directory: string;
  /** Environment variables of the program. */
  readonly variables: Omit<Variables, Place>;
  /** Distinguishes several instances of a program. @default the program's */
  readonly name?: string;
  /** @default a free one */
  readonly port?: number;
}

/**
 * One of our programs as a process on loopback. `start` waits until it is ready for traffic. If its Kafka is not
 * running yet, spawn it and wait with {@link live}.
 */
export class Application extends ManagedProcess {
  /** URL of its HTTP server. */
  readonly endpoint: string;

  constructor(endpoint: string, options: Omit<ProcessOptions, 'isReady'>) {
    super({ ...options, isReady: () => answers(`${endpoint}/readyz`) });
    this.endpoint = endpoint;
  }

  /** Waits until its process responds, ready or not. */
  async live(deadlineMs = 30_000): Promise<void> {
    await waitUntil(() => answers(`${this.endpoint}/livez`), {
      what: `an answer of ${this.name}`,
      deadlineMs,
    });
  }
}

export function createProducer(options: ApplicationOptions<ProducerVariables>): Promise<Application> {
  return createApplication('producer', options);
}

export function createConsumer(options: ApplicationOptions<ConsumerVariables>): Promise<Application> {
  return createApplication('consumer', options);
}

/** Runs the topics program to its end. Then Kafka has the topics, and each partition has a leader. */
export async function makeTopics(
  host: Host,
  bootstrapServers: string,
  topics: readonly TopicDeclaration[],
  signal?: AbortSignal,
): Promise<void> {
  const environment = {
    KAFKA_BOOTSTRAP_SERVERS: bootstrapServers,
    TOPICS: JSON.stringify(topics),
  } satisfies TopicsVariables;
  await runCommand(host.execPath, [join(APPS, 'topics', 'main.ts')], {
    host,
    cwd: APPS,
    environment,
    signal,
  });
}

async function createApplication<Variables>(
  program: string,
  { host, directory, variables, name = program, port }: ApplicationOptions<Variables>,
): Promise<Application> {
  const listenPort = port ?? (await findFreePort());
  return new Application(`http://127.0.0.1:${listenPort}`, {
    host,
    name,
    directory,
    command: [host.execPath, join(APPS, program, 'main.ts')],
    environment: {
      ...(variables as Readonly<Record<string, string>>),
      LISTEN_ADDRESS: '127.0.0.1',
      PORT: String(listenPort),
    },
    // Longer than the program's own deadline, so that only a hanging program is killed.
    stopDeadlineMs: 40_000,
  });
}

async function answers(url: string): Promise<boolean> {
  const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
  await response.arrayBuffer();
  return response.ok;
}
