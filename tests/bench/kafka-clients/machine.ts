import { readFileSync } from 'node:fs';
import { cpus, totalmem, type } from 'node:os';

/** What the figures depend on. */
export interface Machine {
  processor: string;
  cores: number;
  memoryGiB: number;
  system: string;
  node: string;
  date: string;
}

export function describeMachine(): Machine {
  const name = /^PRETTY_NAME="(.*)"$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
  return {
    processor: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: name ?? type(),
    node: process.version,
    date: new Date().toISOString().slice(0, 10),
  };
}
