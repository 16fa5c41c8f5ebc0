import type { Log } from '../../service/log.ts';
import type { SourceSettings } from './settings.ts';
import { Sources } from './sources.ts';

/** @returns `undefined` if anybody may send anything, so that no request need be looked at */
export function openSources(
  settings: SourceSettings | undefined,
  log: Pick<Log, 'info' | 'warn' | 'error'>,
): Sources | undefined {
  if (settings === undefined) {
    log.warn('SOURCES is not set: everybody who reaches the producer may write events, without a limit');
    return undefined;
  }
  for (const [source, setting] of Object.entries(settings)) {
    if (setting.who === 'open') log.info({ source, reason: setting.reason }, 'a source is open');
  }
  if (Sources.isFree(settings)) return undefined;
  const sources = new Sources(settings, { log });
  sources.watch();
  return sources;
}
