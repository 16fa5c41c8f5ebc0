import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { Toolchain } from '../../../infra/local/toolchain.ts';

export const START_DEADLINE_MS = 90_000;
export const toolchain = new Toolchain({ host: process });

/** A network of loopback addresses that nobody else is likely to have: the ports are fixed. */
export function network(): string {
  const octet = (): number => 1 + Math.floor(Math.random() * 254);
  return `127.${octet()}.${octet()}`;
}

/** Removed with the test; processes in it must be ended by then. */
export function directoryOf(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'headwater-metrics-'));
  t.after(() => rmSync(directory, { recursive: true }));
  return directory;
}

export async function readMetrics(host: string, port: number): Promise<string> {
  const response = await fetch(`http://${host}:${port}/metrics`);
  return response.text();
}
