import type { SourceSettings } from '../../apps/producer/sources/settings.ts';
import type { Mount } from '../constructs/workloads/mounts.ts';
import type { Environment } from '../environments/environment.ts';
import { toBytes, toMs } from '../environments/quantities.ts';
import { KEYS_FILE, type SourceLimits } from '../environments/sources.ts';

const pathOf = (source: string): string => `/etc/headwater-sources/${source}`;

/**
 * The producer's variable `SOURCES`. Each producer gets an equal share of each rate, of as many producers as run at
 * least: a source always has its rate, and more of it while more producers run.
 */
export function sourcesVariable({ sources, producer }: Environment): string {
  const share = (limits: SourceLimits | undefined) => limits && shareOf(limits, producer.replicas.min);
  const settings = Object.entries(sources).map(([name, source]): [string, SourceSettings[string]] => {
    const limits = share(source.limits);
    if (source.who === 'open') {
      return [name, { who: 'open', reason: source.reason, ...(limits && { limits }) }];
    }
    const limitsPerKey = share(source.limitsPerKey);
    const keysFile = `${pathOf(name)}/${KEYS_FILE}`;
    return [
      name,
      { who: 'keys', keysFile, ...(limits && { limits }), ...(limitsPerKey && { limitsPerKey }) },
    ];
  });
  return JSON.stringify(Object.fromEntries(settings));
}

/** The files that it names. */
export function sourcesMounts({ sources }: Environment): readonly Mount[] {
  return Object.entries(sources).flatMap(([name, source]) =>
    source.who === 'open'
      ? []
      : [{ kind: 'secret', secretName: source.secret, path: pathOf(name), keys: [KEYS_FILE] } as const],
  );
}

function shareOf(limits: SourceLimits, producers: number) {
  const { requestsPerSecond, eventsPerSecond, bytesPerSecond, burst } = limits;
  return {
    ...(requestsPerSecond !== undefined && { requestsPerSecond: requestsPerSecond / producers }),
    ...(eventsPerSecond !== undefined && { eventsPerSecond: eventsPerSecond / producers }),
    ...(bytesPerSecond !== undefined && { bytesPerSecond: toBytes(bytesPerSecond) / producers }),
    burstSeconds: toMs(burst) / 1_000,
  };
}
