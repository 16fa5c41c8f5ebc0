import { fileURLToPath } from 'node:url';
import { commandOutput } from '../../../infra/local/command.ts';

const SCRIPT = fileURLToPath(new URL('events.lua', import.meta.url));

export interface WrkResult {
  readonly perSecond: number;
  /** Responses that were 2xx. */
  readonly events: number;
  readonly errors: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** As many `POST /upload` as the connections allow, each sent when the one before it is answered. */
export async function runWrk(
  endpoint: string,
  connections: number,
  seconds: number,
  signal: AbortSignal,
  bytes = 1_024,
): Promise<WrkResult> {
  const args = ['-t', '1', '-c', String(connections), '-d', `${seconds}s`, '--timeout', '10s', '--latency'];
  const text = await commandOutput(
    'wrk',
    [...args, '-s', SCRIPT, `${endpoint}/upload`, '--', String(bytes)],
    {
      host: process,
      cwd: '.',
      signal,
    },
  );
  return readWrk(text);
}

/** @throws {Error} where the text is not what wrk prints */
export function readWrk(text: string): WrkResult {
  const number = (pattern: RegExp) => Number(pattern.exec(text)?.[1] ?? 0);
  const [, requests, span, unit = ''] = /(\d+) requests in ([\d.]+)(ms|s|m),/.exec(text) ?? [];
  const elapsed = Number(span) * (unit === 'm' ? 60 : unit === 'ms' ? 0.001 : 1);
  const refused = number(/Non-2xx or 3xx responses: (\d+)/);
  const sockets = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(text) ?? [];
  const events = Number(requests) - refused;
  if (!(elapsed > 0) || !Number.isFinite(events)) throw new Error(`not a result of wrk:\n${text}`);
  return {
    perSecond: events / elapsed,
    events,
    errors: refused + sockets.slice(1).reduce((sum, count) => sum + Number(count), 0),
    p50Ms: milliseconds(text, '50%'),
    p99Ms: milliseconds(text, '99%'),
  };
}

function milliseconds(text: string, percentile: string): number {
  const [, value, unit = ''] = new RegExp(`${percentile}\\s+([\\d.]+)(us|ms|s|m)`).exec(text) ?? [];
  const scale: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1_000, m: 60_000 };
  return Number(value) * (scale[unit] ?? NaN);
}
