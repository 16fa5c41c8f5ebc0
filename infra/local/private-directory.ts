import { mkdirSync } from 'node:fs';

/**
 * Creates a directory and its missing parents for the owner only: data of local brokers and stores is as private as the
 * events. Does not change an existing directory.
 */
export function makePrivateDirectory(directory: string): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
}
