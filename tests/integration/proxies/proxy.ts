import type { Host } from '../../../infra/local/host.ts';
import { isPortFree } from '../../../infra/local/ports.ts';

export interface ProxyOptions {
  readonly host: Host;
  /** Holds its configuration, its log and what it buffers. */
  readonly directory: string;
  /** On the loopback address. */
  readonly port: number;
  /** Of the producer. */
  readonly upstreamPort: number;
}

export async function isListening(port: number): Promise<boolean> {
  return !(await isPortFree(port));
}
