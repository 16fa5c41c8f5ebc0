import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { Host } from '../../infra/local/host.ts';
import { installPrograms, mayInstall, missingPrograms } from './programs.ts';

const DEBIAN = 'PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\nID=debian\n';
const UBUNTU = 'ID=ubuntu\nID_LIKE=debian\n';

/** A machine whose PATH has these scripts alone; `apt-get` there logs its arguments, and installs kcat. */
function machine(
  t: TestContext,
  aptGet = '"$BIN/policy"; echo "services: $?" >> "$BIN/../log"; printf "#!/bin/sh" > "$BIN/kcat"; chmod +x "$BIN/kcat"',
) {
  const directory = mkdtempSync(join(tmpdir(), 'headwater-programs-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const bin = join(directory, 'bin');
  mkdirSync(bin);
  const write = (name: string, script: string): void => {
    writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(bin, name), 0o755);
  };
  write('jq', 'exit 0');
  const log = join(directory, 'log');
  write(
    'apt-get',
    `BIN=${bin}\necho "$*" >> ${log}\nPATH=/usr/bin:/bin\n[ "$1" = update ] || { ${aptGet}; }`,
  );
  const host: Host = { ...process, env: { PATH: bin }, kill: () => undefined };
  return {
    host,
    servicePolicy: join(bin, 'policy'),
    runs: () => readFileSync(log, 'utf8').trimEnd().split('\n'),
  };
}

test('programs are looked for on the PATH, or where they must be', (t) => {
  const { host } = machine(t);
  assert.deepEqual(missingPrograms(['jq', 'kcat', '/usr/lib/cni/bridge'], host).slice(0, 1), ['kcat']);
});

test('only root on Debian installs packages', () => {
  assert.equal(mayInstall(0, DEBIAN), true);
  assert.equal(mayInstall(1000, DEBIAN), false);
  assert.equal(mayInstall(0, UBUNTU), false);
  assert.equal(mayInstall(undefined, ''), false);
});

test('what is missing is installed, after it was said, and nothing is done where all is there', async (t) => {
  const { host, runs, servicePolicy } = machine(t);
  const said: string[] = [];
  const options = {
    host,
    uid: 0,
    osRelease: DEBIAN,
    servicePolicy,
    progress: (text: string) => void said.push(text),
  };
  assert.deepEqual(await installPrograms(['jq', 'kcat'], options), []);
  assert.equal(said[0], "installing Debian's kcat with apt-get");
  assert.deepEqual(runs(), ['update', 'install --yes --no-install-recommends kcat', 'services: 101']);
  assert.deepEqual(await installPrograms(['jq', 'kcat'], options), []);
  assert.equal(runs().length, 3);
  assert.equal(existsSync(servicePolicy), false);
});

test('where nothing may be installed, or nothing can be, it is told what is missing', async (t) => {
  const { host, servicePolicy } = machine(t, 'echo "no mirror"; exit 100');
  const said: string[] = [];
  const options = {
    host,
    uid: 1000,
    osRelease: DEBIAN,
    servicePolicy,
    progress: (text: string) => void said.push(text),
  };
  assert.deepEqual(await installPrograms(['jq', 'kcat'], options), ['kcat']);
  assert.equal(said.length, 0);
  assert.deepEqual(await installPrograms(['jq', 'kcat'], { ...options, uid: 0 }), ['kcat']);
  assert.match(said.at(-1) ?? '', /^not installed: .*exit code 100\nno mirror$/);
});
