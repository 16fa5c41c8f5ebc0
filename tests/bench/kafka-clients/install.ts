import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Cache } from '../../../infra/local/cache.ts';
import { packages, type PackageName } from './packages.ts';

export interface Install {
  package: PackageName;
  version: string;
  seconds: number;
  bytes: number;
  /** Packages that came with it, itself included. */
  packages: number;
}

const timeoutMs = 10 * 60_000;

/**
 * Installs a package into a directory of its own, outside the checkout.
 *
 * @throws {Error} with the end of what npm printed, where the package cannot be installed on this machine
 */
export async function installPackage(
  name: PackageName,
  cache: Cache,
): Promise<{ directory: string; install: Install }> {
  const version = packages[name];
  const directory = await cache.entry(
    `kafka-client-${name.replace('/', '-')}`,
    [name, version, process.version],
    (unfinished) => {
      const install = runNpm(name, version, unfinished);
      writeFileSync(join(unfinished, 'install.json'), JSON.stringify(install));
      return Promise.resolve();
    },
  );
  return { directory, install: JSON.parse(readFileSync(join(directory, 'install.json'), 'utf8')) as Install };
}

function runNpm(name: PackageName, version: string, directory: string): Install {
  const manifest = { private: true, allowScripts: { [`${name}@${version}`]: true } };
  writeFileSync(join(directory, 'package.json'), JSON.stringify(manifest));
  const start = performance.now();
  const npm = spawnSync(
    'npm',
    ['install', '--foreground-scripts', '--no-audit', '--no-fund', `${name}@${version}`],
    { cwd: directory, encoding: 'utf8', timeout: timeoutMs, maxBuffer: 2 ** 27, env: buildEnvironment() },
  );
  if (npm.status !== 0) {
    throw new Error(
      `npm install ${name}@${version} failed:\n${npm.stderr.split('\n').slice(-40).join('\n')}`,
    );
  }
  const files = readdirSync(directory, { recursive: true, withFileTypes: true });
  return {
    package: name,
    version,
    seconds: (performance.now() - start) / 1_000,
    bytes: files
      .filter((file) => file.isFile())
      .reduce((sum, file) => sum + statSync(join(file.parentPath, file.name)).size, 0),
    packages: Number(/added (\d+) package/.exec(npm.stdout)?.[1]),
  };
}

/**
 * Native parts are built for the Node that runs this. librdkafka is built from the source in its package against
 * the system's OpenSSL and zlib: without CKJS_LINKING Confluent's build downloads the sources of those too.
 */
function buildEnvironment(): NodeJS.ProcessEnv {
  const bin = dirname(process.execPath);
  const headers = dirname(bin);
  return {
    ...process.env,
    PATH: `${bin}:${process.env.PATH ?? ''}`,
    CKJS_LINKING: 'dynamic',
    ...(existsSync(join(headers, 'include/node/node.h')) && { npm_config_nodedir: headers }),
  };
}
