import { copyFile, rm } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Cache } from '../local/cache.ts';
import { runCommand } from '../local/command.ts';
import type { Host, Progress } from '../local/host.ts';

interface LockFile {
  readonly packages: Readonly<
    Record<string, { readonly version?: string; readonly integrity?: string; readonly dev?: boolean }>
  >;
}

/** The packages that run in pods, one line each: path, version and checksum of what `npm ci --omit=dev` installs. */
export function runtimePackages(root: string): string {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as LockFile;
  return Object.entries(packages)
    .filter(([path, { dev = false }]) => path !== '' && !dev)
    .map(([path, { version = '', integrity = '' }]) => `${path} ${version} ${integrity}\n`)
    .sort()
    .join('');
}

/** A directory whose `node_modules` holds those packages for this platform; npm has compared them with the checksums. */
export async function installRuntimePackages(root: string, host: Host, progress: Progress): Promise<string> {
  const madeFrom = [runtimePackages(root), host.platform, host.arch];
  return Cache.of(host).entry('application-packages', madeFrom, async (directory) => {
    progress('installing the npm packages of the applications');
    const descriptions = ['package.json', 'package-lock.json'];
    await Promise.all(descriptions.map((name) => copyFile(join(root, name), join(directory, name))));
    // Scripts of packages are not run: none of these needs its own, and what they would do is in no checksum.
    await runCommand('npm', ['ci', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund'], {
      host,
      cwd: directory,
    });
    await Promise.all(descriptions.map((name) => rm(join(directory, name))));
  });
}
