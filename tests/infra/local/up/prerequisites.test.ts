import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import type { Host } from '../../../../infra/local/host.ts';
import { findProblems, type Needs } from '../../../../infra/local/up/prerequisites.ts';

/** A machine whose PATH holds only these commands, each printing a text. */
function machine(t: TestContext, commands: Record<string, string> = {}, platform = 'linux') {
  const directory = mkdtempSync(join(tmpdir(), 'headwater-prerequisites-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const bin = join(directory, 'bin');
  mkdirSync(bin);
  for (const [name, output] of Object.entries(commands)) {
    writeFileSync(join(bin, name), `#!/bin/sh\necho '${output}'\n`);
    chmodSync(join(bin, name), 0o755);
  }
  const host: Host = { ...process, env: { PATH: bin }, platform, arch: 'x64', kill: () => undefined };
  return {
    host,
    directory,
    find: (needs: Partial<Needs>) =>
      findProblems({ state: join(directory, 'state'), freeBytes: 0, ...needs }, host),
  };
}

test('everything that is missing is named at once, each with the command that installs it', async (t) => {
  const { find } = machine(t);
  assert.deepEqual(await find({ java: true, maven: true, go: true }), [
    'java 17 or newer is missing, to run Kafka: sudo apt-get install -y default-jre-headless',
    'mvn is missing, to fetch the jars of Kafka as ~/.m2/settings.xml says: sudo apt-get install -y maven',
    'go 1.25 or newer is missing, to build the object store: curl -fsSL https://go.dev/dl/go1.26.8.linux-amd64.tar.gz | ' +
      'sudo tar -C /usr/local -xz && export PATH=$PATH:/usr/local/go/bin',
  ]);
});

test('on a Mac the commands are those of Homebrew', async (t) => {
  const { find } = machine(t, {}, 'darwin');
  const problems = await find({ java: true, maven: true, go: true });
  assert.deepEqual(
    problems.map((problem) => problem.split(': ').at(-1)),
    ['brew install openjdk', 'brew install maven', 'brew install go'],
  );
});

test('what is too old is named with its version', async (t) => {
  const { find } = machine(t, { java: 'openjdk version "1.8.0_292"', go: 'go version go1.19.8 linux/amd64' });
  const [java, go] = await find({ java: true, go: true });
  assert.match(java ?? '', /^java 17 or newer is needed, found 8, /);
  assert.match(go ?? '', /^go 1\.25 or newer is needed, found 1\.19\.8, /);
});

test('nothing is asked for that the options do not need, and what is new enough is no problem', async (t) => {
  const { find } = machine(t, {
    java: 'openjdk version "21.0.2" 2024-01-16',
    mvn: 'Apache Maven 3.8.7',
    go: 'go version go1.26.8 linux/amd64',
  });
  assert.deepEqual(await find({}), []);
  assert.deepEqual(await find({ java: true, maven: true, go: true }), []);
});

test('a port in use is named, with what tells who has it', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  t.after(() => server.close());
  await new Promise((listening) => server.once('listening', listening));
  const address = server.address();
  assert(typeof address === 'object' && address !== null);
  const { find } = machine(t);
  assert.deepEqual(await find({ port: address.port }), [
    `port ${address.port} is in use: end what listens there (ss -ltnp 'sport = :${address.port}' names it), or choose another with --port`,
  ]);
});

test('a disk without room is named with what is free of what is needed', async (t) => {
  const { find } = machine(t);
  const [problem = ''] = await find({ freeBytes: Number.MAX_SAFE_INTEGER });
  assert.match(problem, /^the disk of .*\/state is full: 8589934591 MiB are needed, \d+ are free; /);
});

test('a state directory that cannot be, and an input that cannot be read, are named', async (t) => {
  const { directory, find } = machine(t);
  writeFileSync(join(directory, 'file'), '');
  const [state, input] = await find({ state: join(directory, 'file/state'), input: join(directory, 'none') });
  assert.match(state ?? '', /file\/state cannot be written \(ENOTDIR\): choose another with --state$/);
  assert.match(input ?? '', /^--input must be a readable file, got .*\/none \(ENOENT\)$/);
});
