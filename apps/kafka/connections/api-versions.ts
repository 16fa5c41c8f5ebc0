import { TESTED_KAFKA } from '../config.ts';

/** The one version of a request that the programs send. */
export interface RequestVersion {
  readonly name: string;
  readonly key: number;
  readonly version: number;
}

/** The range of versions that a broker supports. */
export interface SpokenVersions {
  readonly apiKey: number;
  readonly minVersion: number;
  readonly maxVersion: number;
}

/** @throws {Error} if the broker does not support one of the versions; names the range that it supports */
export function requireVersions(
  broker: string,
  requests: readonly RequestVersion[],
  spoken: readonly SpokenVersions[],
): void {
  for (const { name, key, version } of requests) {
    const range = spoken.find(({ apiKey }) => apiKey === key);
    if (range !== undefined && version >= range.minVersion && version <= range.maxVersion) continue;
    throw new Error(
      `broker ${broker} must speak version ${version} of ${name}, as ${TESTED_KAFKA} do, ` +
        `it speaks ${range ? `${range.minVersion} to ${range.maxVersion}` : 'none'}`,
    );
  }
}
