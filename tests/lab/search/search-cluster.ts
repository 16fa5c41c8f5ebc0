import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Host } from '../../../infra/local/host.ts';
import { javaCommand } from '../../../infra/local/java-command.ts';
import { ManagedProcess } from '../../../infra/local/managed-process.ts';
import { type JavaServer, Toolchain } from '../../../infra/local/toolchain.ts';

/** What the search cluster is started with: its jars from the cache, or from Maven Central on first use. */
export function searchServer(host: Host, progress: (text: string) => void): Promise<JavaServer> {
  return new Toolchain<'search'>({ host, progress, images: join(import.meta.dirname, '..') }).javaServer(
    'search',
  );
}

export interface SearchClusterOptions {
  readonly host: Host;
  readonly server: JavaServer;
  /** Holds its data, log and pid file. */
  readonly directory: string;
  /** `http://<address>:<port>` that it binds. */
  readonly endpoint: string;
}

/** One node of OpenSearch that stands where users have their Elasticsearch. It asks nobody for a login. */
export function searchCluster({ host, server, directory, endpoint }: SearchClusterOptions): ManagedProcess {
  const { hostname, port } = new URL(endpoint);
  return new ManagedProcess({
    host,
    name: 'search',
    directory,
    command: javaCommand({
      server,
      heapMegabytes: 512,
      main: join(server.configuration, 'SearchNode.java'),
      args: [directory, hostname, port],
    }),
    isReady: async () => (await fetch(endpoint, { signal: AbortSignal.timeout(2_000) })).ok,
    // It starts beside the whole cluster, which has the machine to itself for most of a minute.
    startDeadlineMs: 180_000,
  });
}

/**
 * Stops a process while a file is there and starts it when the file is gone or the process has ended: it is others' who
 * run it, and the lab's tests say with the file when they are away. Returns when the signal aborts.
 */
export async function keepUnlessAway(
  process: ManagedProcess,
  awayFile: string,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const isAway = existsSync(awayFile);
    if (isAway && process.pid !== undefined) await process.stop();
    else if (!isAway && process.pid === undefined) {
      await process.start().catch((error: unknown) => console.error(error));
    }
    await setTimeout(500, undefined, { signal }).catch(() => undefined);
  }
}
