import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { provideDependencies } from '../../../infra/diff/dependencies.ts';
import type { Host } from '../../../infra/local/host.ts';

const directory = mkdtempSync(join(tmpdir(), 'headwater-dependencies-'));
after(() => rmSync(directory, { recursive: true, force: true }));
const cache = join(directory, 'cache');

/** A package that is not in any registry. */
function pack(version: string): { readonly file: string; readonly integrity: string } {
  const content = join(directory, `content-${version}`);
  const file = join(directory, `tide-${version}.tgz`);
  if (!existsSync(file)) {
    mkdirSync(join(content, 'package'), { recursive: true });
    writeFileSync(join(content, 'package/package.json'), JSON.stringify({ name: 'tide', version }));
    execFileSync('tar', ['-czf', file, '-C', content, 'package']);
  }
  return { file, integrity: `sha512-${createHash('sha512').update(readFileSync(file)).digest('base64')}` };
}

/** A checkout whose lock file names one version of the package. */
function makeCheckout(name: string, version: string, change: { readonly integrity?: string } = {}): string {
  const checkout = join(directory, name);
  mkdirSync(checkout);
  const { file, integrity } = { ...pack(version), ...change };
  const dependencies = { tide: `file:${file}` };
  const root = { name: 'checkout', version: '0.0.0', dependencies };
  writeFileSync(join(checkout, 'package.json'), JSON.stringify(root));
  const packages = { '': root, 'node_modules/tide': { version, resolved: `file:${file}`, integrity } };
  const lock = { name: 'checkout', version: '0.0.0', lockfileVersion: 3, requires: true, packages };
  writeFileSync(join(checkout, 'package-lock.json'), JSON.stringify(lock));
  return checkout;
}

function versionIn(checkout: string): string {
  const file = join(checkout, 'node_modules/tide/package.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

const own = makeCheckout('own', '1.0.0');
mkdirSync(join(own, 'node_modules/tide'), { recursive: true });
writeFileSync(join(own, 'node_modules/tide/package.json'), '{"name":"tide","version":"1.0.0"}');

/** npm tells the scripts that it runs where they belong, and must not install there. */
const { execPath, platform, arch } = process;
const npm: Host = {
  ...{ execPath, platform, arch, kill: (pid, signal) => process.kill(pid, signal) },
  env: {
    ...process.env,
    HEADWATER_CACHE: cache,
    npm_config_cache: join(directory, 'npm'),
    npm_config_offline: 'true',
    npm_config_local_prefix: makeCheckout('elsewhere', '1.0.0'),
  },
};
const withoutNpm: Host = { ...npm, env: { ...npm.env, PATH: '/nowhere' } };
const sayNothing = (text: string): void => assert.equal(text, '');

test('where the lock files are equal, nothing is installed and the dependencies of this checkout are used', async () => {
  const base = makeCheckout('equal', '1.0.0');
  await provideDependencies(base, own, withoutNpm, sayNothing);
  assert.equal(realpathSync(join(base, 'node_modules')), realpathSync(join(own, 'node_modules')));
  assert.equal(existsSync(cache), false);
});

test('where they differ, the base gets what its own lock file names, and this checkout keeps what it has', async () => {
  const base = makeCheckout('differing', '2.0.0');
  const said: string[] = [];
  await provideDependencies(base, own, npm, (text) => void said.push(text));
  assert.deepEqual(said, [
    'the lock files differ: installing the dependencies of the other revision once (npm ci)',
  ]);
  assert.equal(versionIn(base), '2.0.0');
  assert.equal(versionIn(own), '1.0.0');
  assert.equal(existsSync(join(directory, 'elsewhere/node_modules')), false);
});

test('the same lock file is installed once', async () => {
  const base = makeCheckout('again', '2.0.0');
  await provideDependencies(base, own, withoutNpm, sayNothing);
  assert.equal(versionIn(base), '2.0.0');
});

test("an installation that fails is an error with npm's reason, and nothing half done is kept", async () => {
  const base = makeCheckout('failing', '3.0.0', { integrity: 'sha512-AAAA' });
  await assert.rejects(
    provideDependencies(base, own, npm, () => undefined),
    /^Error: npm ci --ignore-scripts [^\n]* failed: it ended with exit code \d+\n[^]*EINTEGRITY/,
  );
  assert.equal(existsSync(join(base, 'node_modules')), false);
  assert.equal(readdirSync(cache).length, 1);
});
