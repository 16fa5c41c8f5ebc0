import { TESTED_KAFKA } from '../config.ts';

/** A request in the one version in which it is sent. */
export interface RequestVersion {
  readonly name: string;
  readonly key: number;
  readonly version: number;
}

/** The versions of a request that a broker speaks. */
export interface SpokenVersions {
  readonly apiKey: number;
  readonly minVersion: number;
  readonly maxVersion: number;
}

/** @throws {Error} where the broker does not speak one of them, with what it speaks instead */
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
