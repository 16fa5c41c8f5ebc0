import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Host } from './host.ts';
import { javaCommand } from './java-command.ts';
import { ManagedProcess, type ProcessOptions } from './managed-process.ts';
import { findFreePort } from './ports.ts';
import { makePrivateDirectory } from './private-directory.ts';
import { renderProperties } from './properties.ts';
import { Toolchain, type JavaServer } from './toolchain.ts';

export interface ZooKeeperOptions {
  readonly host: Host;
  /** Holds its data, configuration, log and pid file. */
  readonly directory: string;
  /** @default the usual cache, silently */
  readonly toolchain?: Toolchain;
  /** @default a free one */
  readonly port?: number;
}

/** One standalone ZooKeeper server on loopback. */
export class ZooKeeper extends ManagedProcess {
  /** `host:port` for clients. */
  readonly endpoint: string;

  private constructor(endpoint: string, options: ProcessOptions) {
    super(options);
    this.endpoint = endpoint;
  }

  /** Prepares a server on its directory; `start` runs it. */
  static async create(options: ZooKeeperOptions): Promise<ZooKeeper> {
    const { host, toolchain = new Toolchain({ host }) } = options;
    const server = await toolchain.fastJavaServer('zookeeper', (slow, archive, directory) =>
      this.#prepare({ host, directory }, slow, archive),
    );
    return this.#prepare(options, server);
  }

  static async #prepare(
    { host, directory, ...options }: ZooKeeperOptions,
    server: JavaServer,
    writeClassArchive?: string,
  ): Promise<ZooKeeper> {
    const port = options.port ?? (await findFreePort());
    const propertiesFile = join(directory, 'zookeeper.properties');
    makePrivateDirectory(directory);
    await writeFile(propertiesFile, zooKeeperProperties(join(directory, 'zookeeper'), port));
    return new ZooKeeper(`127.0.0.1:${port}`, {
      host,
      name: 'zookeeper',
      directory,
      command: javaCommand({
        server,
        heapMegabytes: 128,
        system: { 'logback.configurationFile': join(server.configuration, 'logback.xml') },
        main: 'org.apache.zookeeper.server.quorum.QuorumPeerMain',
        args: [propertiesFile],
        writeClassArchive,
      }),
      isReady: async () => (await fourLetterWord(port, 'srvr')).includes('Mode: '),
      stopDeadlineMs: 10_000,
    });
  }
}

/** The `zoo.cfg` of one server without an ensemble. */
export function zooKeeperProperties(dataDir: string, clientPort: number): string {
  return renderProperties({
    '4lw.commands.whitelist': 'srvr,ruok',
    'admin.enableServer': false,
    'autopurge.purgeInterval': 1,
    clientPort,
    clientPortAddress: '127.0.0.1',
    dataDir,
    // A session timeout is 2 to 20 ticks, and a session expires at the first tick after it; Kafka's are 6 s.
    tickTime: 500,
  });
}

function fourLetterWord(port: number, word: string): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', timeout: 2_000 });
  socket.once('timeout', () => socket.destroy(new Error(`no answer to ${word}`)));
  socket.end(word);
  return text(socket);
}
