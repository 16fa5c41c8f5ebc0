import { readFileSync } from 'node:fs';
import { copyFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Cache } from '../local/cache.ts';
import { runCommand } from '../local/command.ts';
import type { Host, Progress } from '../local/host.ts';
import { linkNode } from '../local/setup.mjs';

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

/**
 * A directory whose `node_modules` holds those packages for this platform, compared by npm with their checksums; its
 * `package.json` names no others.
 */
export async function installRuntimePackages(root: string, host: Host, progress: Progress): Promise<string> {
  const madeFrom = [runtimePackages(root), host.platform, host.arch, 'with a link to Node'];
  const make = async (directory: string): Promise<void> => {
    progress('installing the npm packages of the applications');
    const names = ['package.json', 'package-lock.json'];
    await Promise.all(names.map((name) => copyFile(join(root, name), join(directory, name))));
    // Scripts of packages are not run: none of these needs its own, and what they would do is in no checksum.
    await runCommand('npm', ['ci', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund'], {
      host,
      cwd: directory,
    });
    linkNode(directory, host.platform, host.arch);
    const manifest = join(directory, 'package.json');
    const described = JSON.parse(await readFile(manifest, 'utf8')) as Readonly<Record<string, unknown>>;
    await writeFile(manifest, JSON.stringify({ ...described, devDependencies: {} }));
    await rm(join(directory, 'package-lock.json'));
  };
  return Cache.of(host).entry('runtime-packages', madeFrom, make, { progress });
}
