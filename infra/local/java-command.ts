import type { JavaServer } from './toolchain.ts';

/**
 * How long a server runs. `short` starts fast and stays small: one compiler tier and one collector thread. `long` is for
 * minutes under load: the second compiler tier warms up for a minute or two, then a broker needs about half the CPU time
 * (docs/performance-notes.md).
 */
export type Lifetime = 'short' | 'long';

/**
 * Both use the serial collector, which takes little of the brokers' CPU time (docs/performance-notes.md). The heap of a `long`
 * server has its final size from the start.
 */
const LIFETIME_OPTIONS: Readonly<Record<Lifetime, (heapMegabytes: number) => readonly string[]>> = {
  short: () => ['-Xms32m', '-XX:TieredStopAtLevel=1'],
  long: (heapMegabytes) => [`-Xms${heapMegabytes}m`],
};

export interface JavaCommandOptions {
  readonly server: JavaServer;
  readonly heapMegabytes: number;
  /** @default short */
  readonly lifetime?: Lifetime;
  /** `-D` system properties. */
  readonly system?: Readonly<Record<string, string>>;
  readonly main: string;
  readonly args: readonly string[];
  /** File for its class archive, written when it exits; see {@link JavaServer.classArchive}. */
  readonly writeClassArchive?: string | undefined;
}

export function javaCommand({
  server,
  heapMegabytes,
  lifetime = 'short',
  system = {},
  main,
  args,
  writeClassArchive,
}: JavaCommandOptions): [string, ...string[]] {
  const { classArchive } = server;
  return [
    server.java,
    ...(writeClassArchive === undefined ? [] : [`-XX:ArchiveClassesAtExit=${writeClassArchive}`]),
    // Java skips an archive of another version; do not log that.
    ...(classArchive === undefined ? [] : [`-XX:SharedArchiveFile=${classArchive}`, '-Xlog:cds*=off']),
    ...[...LIFETIME_OPTIONS[lifetime](heapMegabytes), `-Xmx${heapMegabytes}m`, '-XX:+UseSerialGC'],
    ...['-XX:+ExitOnOutOfMemoryError', '-Djava.awt.headless=true', '-cp', server.classPath],
    ...Object.entries(system).map(([name, value]) => `-D${name}=${value}`),
    main,
    ...args,
  ];
}
