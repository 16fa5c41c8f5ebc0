import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { findImageBuilder } from '../../../infra/images/find-image-builder.ts';
import type { Host } from '../../../infra/local/host.ts';

/** A machine with these programs alone; each writes its arguments down. */
function machine(
  t: TestContext,
  programs: Readonly<Record<string, string>>,
): { host: Host; calls: () => string[] } {
  const directory = mkdtempSync(join(tmpdir(), 'headwater-builder-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const log = join(directory, 'calls');
  writeFileSync(log, '');
  for (const [name, body] of Object.entries(programs)) {
    writeFileSync(join(directory, name), `#!/bin/sh\necho "${name} $*" >> ${log}\n${body}\n`);
    chmodSync(join(directory, name), 0o755);
  }
  const host: Host = {
    env: { PATH: directory },
    execPath: process.execPath,
    platform: process.platform,
    arch: process.arch,
    kill: () => undefined,
  };
  return { host, calls: () => readFileSync(log, 'utf8').trimEnd().split('\n') };
}

const request = {
  reference: 'registry.example/kafka:1',
  dockerfile: '/tree/images/kafka/Dockerfile',
  context: '/tree',
  namedContexts: { jars: '/cache/jars' },
  arguments: { LINE: '4.4' },
};

test('docker builds where its engine answers, with the same request as buildah gets', async (t) => {
  const { host, calls } = machine(t, { docker: 'exit 0', buildah: 'exit 0' });
  const builder = await findImageBuilder(host);
  assert.equal(builder.name, 'docker');
  await builder.build(request);
  assert.equal(
    calls().at(-1),
    'docker buildx build --load --progress plain --tag registry.example/kafka:1 ' +
      '--file /tree/images/kafka/Dockerfile --build-arg LINE=4.4 --build-context jars=/cache/jars /tree',
  );
});

test('a docker without an engine is passed over for buildah', async (t) => {
  const { host, calls } = machine(t, { docker: 'exit 1', buildah: 'exit 0' });
  const builder = await findImageBuilder(host);
  assert.equal(builder.name, 'buildah');
  await builder.build(request);
  // As the shell tells them.
  const [soft, hard, processes] = ['-Sn', '-Hn', '-Hu'].map((option) =>
    execFileSync('bash', ['-c', `ulimit ${option}`], { encoding: 'utf8' }).trim(),
  );
  const most = processes === 'unlimited' ? 32_768 : Math.min(32_768, Number(processes));
  const limits = `--ulimit nofile=${soft}:${hard} --ulimit nproc=${most}:${most}`;
  assert.equal(
    calls().at(-1),
    `buildah build --isolation chroot ${limits} --layers --pull=missing --tag registry.example/kafka:1 ` +
      '--file /tree/images/kafka/Dockerfile --build-arg LINE=4.4 --build-context jars=/cache/jars /tree',
  );
});

test('with neither, the error says what to install', async (t) => {
  const { host } = machine(t, {});
  await assert.rejects(findImageBuilder(host), /needs docker with its buildx plugin .* or buildah/);
});

for (const { title, refusal, calls: expected } of [
  {
    title: 'buildah is run again where it could not seal a copy of itself, a few times',
    refusal: 'Close_Fd sealing memfd copy: Device or resource busy',
    calls: 4,
  },
  { title: 'buildah is run once where anything else fails', refusal: 'no space left on device', calls: 1 },
]) {
  test(title, async (t) => {
    const { host, calls } = machine(t, {
      buildah: `test "$1" = build || exit 0\necho "${refusal}" >&2\nexit 1`,
    });
    const builder = await findImageBuilder(host);
    await assert.rejects(builder.build(request), new RegExp(`${refusal}$`));
    assert.equal(calls().filter((call) => call.startsWith('buildah build')).length, expected);
  });
}

test('what buildah does when it is run again counts', async (t) => {
  const { host, calls } = machine(t, {
    buildah:
      'test "$1" = build || exit 0\ntest -e "$0.busy" && exit 0\n: >"$0.busy"\n' +
      'echo "Close_Fd sealing memfd copy: Device or resource busy" >&2\nexit 1',
  });
  const builder = await findImageBuilder(host);
  await builder.build(request);
  assert.equal(calls().filter((call) => call.startsWith('buildah build')).length, 2);
});
