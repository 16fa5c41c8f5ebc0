import type { JavaServer } from './toolchain.ts';

/**
 * How long a server is to live. `short` starts fast and stays small: one compiler tier and one collector thread. `long`
 * is for minutes under load: what runs often is compiled anew by the second compiler, for which two cores need one to
 * two minutes. Three brokers then took 27 to 36 µs of processor time for an event in batches of 45, with one tier 62.
 */
export type Lifetime = 'short' | 'long';

/**
 * Both have the serial collector: it takes a hundredth of the brokers' time with 6 partitions, and a twentieth with 250.
 * The heap of a long life has its size from the start.
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
  /** Where the classes that it loads are written when it ends, for {@link JavaServer.classArchive}. */
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
    // One that was made with another Java is passed over, which is not worth a line.
    ...(classArchive === undefined ? [] : [`-XX:SharedArchiveFile=${classArchive}`, '-Xlog:cds*=off']),
    ...[...LIFETIME_OPTIONS[lifetime](heapMegabytes), `-Xmx${heapMegabytes}m`, '-XX:+UseSerialGC'],
    ...['-XX:+ExitOnOutOfMemoryError', '-Djava.awt.headless=true', '-cp', server.classPath],
    ...Object.entries(system).map(([name, value]) => `-D${name}=${value}`),
    main,
    ...args,
  ];
}
