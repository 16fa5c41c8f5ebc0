import type { JavaServer } from './toolchain.ts';

export interface JavaCommandOptions {
  readonly server: JavaServer;
  readonly heapMegabytes: number;
  /** `-D` system properties. */
  readonly system?: Readonly<Record<string, string>>;
  readonly main: string;
  readonly args: readonly string[];
}

/** A Java command that starts fast and stays small: one compiler tier and one collector thread are enough here. */
export function javaCommand({
  server,
  heapMegabytes,
  system = {},
  main,
  args,
}: JavaCommandOptions): [string, ...string[]] {
  return [
    server.java,
    ...['-Xms32m', `-Xmx${heapMegabytes}m`, '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'],
    ...['-XX:+ExitOnOutOfMemoryError', '-Djava.awt.headless=true', '-cp', server.classPath],
    ...Object.entries(system).map(([name, value]) => `-D${name}=${value}`),
    main,
    ...args,
  ];
}
