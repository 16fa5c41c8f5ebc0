import { mkdirSync } from 'node:fs';

/**
 * Makes a directory, and those above it that are missing, for the owner alone: what local brokers and stores keep is as
 * private as the events. One that is there already stays as it is.
 */
export function makePrivateDirectory(directory: string): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
}
