import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { KubeConfig } from '@kubernetes/client-node';
import { dev } from '../../../infra/environments/dev.ts';
import { stackImages } from '../../../infra/images/stack-images.ts';
import { findFreePort } from '../../../infra/local/ports.ts';
import { waitUntil } from '../../../infra/local/wait.ts';
import { CommandFailed, PulumiCommand } from '../../../infra/pulumi/command/pulumi-command.ts';

const directory = mkdtempSync(join(tmpdir(), 'headwater-up-command-'));
after(() => rmSync(directory, { recursive: true, force: true }));
const log = join(directory, 'log');

/** Stands in for a program: writes down how it was called, and fails where `fails` matches. */
function standIn(name: string, fails: string): void {
  const script = `#!/bin/sh\nprintf '%s\\n' "${name} $*" >>'${log}'\n[ "$1" != preview ] || echo said by ${name} preview\ncase "$*" in ${fails}) exit 3;; esac\n`;
  writeFileSync(join(directory, name), script, { mode: 0o755 });
}

interface Failing {
  readonly pulumi?: string;
  readonly docker?: string;
  /** @default dev */
  readonly environment?: string;
}

/** `npx headwater deploy --stack blue`, which deploys dev, with a registry that has all images and an edge that nobody can reach. */
function deploy(failing: Failing = {}, ...options: readonly string[]) {
  return run(['deploy', '--stack', 'blue', '--yes', ...options], failing);
}

async function run(args: readonly string[], failing: Failing) {
  writeFileSync(log, '');
  standIn('docker', failing.docker ?? "''");
  standIn('pulumi', failing.pulumi ?? "''");
  writeFileSync(
    join(directory, 'pulumi'),
    `${readFileSync(join(directory, 'pulumi'), 'utf8')}[ "$1 $2 $3" != 'config get environment' ] || echo ${failing.environment ?? 'dev'}\n[ "$1 $2 $3" != 'config get context' ] || echo there\n`,
  );
  const config = new KubeConfig();
  const server = `http://127.0.0.1:${await findFreePort()}`;
  config.loadFromClusterAndUser({ name: 'there', server, skipTLSVerify: true }, { name: 'me', token: 't' });
  config.contexts = [{ name: 'there', cluster: 'there', user: 'me' }];
  writeFileSync(join(directory, 'kubeconfig'), config.exportConfig());
  const proxy = `http://127.0.0.1:${await findFreePort()}`;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(import.meta.dirname, '../../../infra/pulumi/command/main.ts'), ...args],
    {
      encoding: 'utf8',
      env: {
        PATH: directory,
        NODE_USE_ENV_PROXY: '1',
        HTTPS_PROXY: proxy,
        HEADWATER_CACHE: directory,
        KUBECONFIG: join(directory, 'kubeconfig'),
      },
    },
  );
  return { status, stdout, stderr, calls: readFileSync(log, 'utf8').trim().split('\n') };
}

test('up looks for the stack, brings its images, has Pulumi deploy it, and posts events', async () => {
  const { status, stdout, stderr, calls } = await deploy();
  const images = Object.values(stackImages(dev));
  const onStack = '--stack blue --non-interactive';
  assert.deepEqual(calls, [
    'pulumi version',
    'pulumi whoami --non-interactive',
    `pulumi stack ${onStack}`,
    `pulumi config --show-secrets ${onStack}`,
    'pulumi config get environment --stack blue',
    'docker info',
    'docker buildx version',
    ...images.map((image) => `docker buildx imagetools inspect ${image}`),
    'pulumi up --yes --stack blue',
    'pulumi config get context --stack blue',
  ]);
  assert.equal(stdout, images.map((image) => `found ${image}\n`).join(''));
  const [warning, ...rest] = stderr.split('\n');
  assert.match(
    warning ?? '',
    /^warning: network policies: whether they are enforced is not known: .*ECONNREFUSED/,
  );
  assert.equal(
    rest.join('\n'),
    'error: smoke test: https://collect.dev.example.com/upload cannot be reached (ECONNREFUSED): check the DNS record and the load balancer\n',
  );
  assert.equal(status, 1);
});

test('where every source has keys, deploy changes nothing without one for its events', async () => {
  const { status, stderr, calls } = await deploy({ environment: 'production' });
  assert.equal(
    stderr,
    'error: HEADWATER_KEY must be a key of a source (events), got none: deploy posts events through the edge; npx headwater keys new makes one\n',
  );
  assert.equal(status, 1);
  assert.equal(calls.at(-1), 'pulumi config get environment --stack blue');
});

test('a preview keeps its plan where it is told to, and deploy has Pulumi keep to it', async () => {
  const plan = join(directory, 'plan.json');
  const { status, calls } = await run(['preview', '--stack', 'blue', '--save-plan', plan], {});
  assert.equal(status, 0);
  assert.equal(calls.at(-1), `pulumi preview --diff --save-plan ${plan} --stack blue`);
  writeFileSync(plan, '{}');
  assert.equal(
    (await deploy({}, '--plan', plan)).calls.at(-2),
    `pulumi up --yes --plan ${plan} --stack blue`,
  );
});

test('what a preview prints as JSON is kept in a file, also where it fails, and nothing else is printed', async () => {
  const file = join(directory, 'preview.json');
  for (const [failing, expected] of [
    [{}, 0],
    [{ pulumi: 'preview*' }, 1],
  ] as const) {
    rmSync(file, { force: true });
    const { status, stdout, calls } = await run(['preview', '--stack', 'blue', '--json', file], failing);
    assert.deepEqual({ status, stdout }, { status: expected, stdout: '' });
    assert.equal(calls.at(-1), 'pulumi preview --json --stack blue');
    assert.equal(readFileSync(file, 'utf8'), 'said by pulumi preview\n');
  }
});

test('up with a plan that is not there does nothing', async () => {
  const { status, stderr, calls } = await deploy({}, '--plan', '/nowhere/plan.json');
  assert.deepEqual(
    { status, stderr, calls },
    {
      status: 1,
      stderr:
        'error: --plan must be a file that preview --save-plan wrote, got /nowhere/plan.json, which is not there\n',
      calls: [''],
    },
  );
});

test('nothing is deployed whose images are not there', async () => {
  const { status, stderr, calls } = await deploy({ docker: 'info' });
  assert.equal(status, 1);
  assert.match(stderr, /^error: building images needs docker with its buildx plugin [^\n]+\n$/);
  assert.ok(!calls.some((call) => call.startsWith('pulumi up')), calls.join('\n'));
});

test('where Pulumi fails, nothing is posted, and its own words are the last', async () => {
  const { status, stderr, calls } = await deploy({ pulumi: 'up*' });
  assert.deepEqual(
    { status, stderr, last: calls.at(-1) },
    { status: 1, stderr: '', last: 'pulumi up --yes --stack blue' },
  );
});

test('a passphrase that opens no secret is told before anything is done', async () => {
  const { status, stderr, calls } = await deploy({ pulumi: '*--show-secrets*' });
  assert.equal(status, 1);
  assert.match(
    stderr,
    /^error: the stack's secrets cannot be opened: PULUMI_CONFIG_PASSPHRASE must be the one with which stack blue was made \([^\n]+\n$/,
  );
  assert.equal(calls.length, 4);
});

/** A process that gets a signal while `pulumi` runs, which counts what it gets and ends by itself. */
async function interrupted(signal: 'SIGINT' | 'SIGTERM', isTTY: boolean) {
  const script = `#!/bin/sh\nfor name in INT TERM; do trap "echo $name >>'${log}'; sleep 0.2; exit 1" $name; done\necho began $$ >>'${log}'\nwhile :; do sleep 0.1; done\n`;
  writeFileSync(join(directory, 'pulumi'), script, { mode: 0o755 });
  writeFileSync(log, '');
  const host = Object.assign(new EventEmitter(), { stdin: { isTTY } });
  const PATH = process.env['PATH'];
  process.env['PATH'] = `${directory}:${PATH ?? ''}`;
  try {
    const running = new PulumiCommand('blue', host).run('up');
    await waitUntil(() => readFileSync(log, 'utf8') !== '', { what: 'pulumi', deadlineMs: 60_000 });
    host.emit(signal, signal);
    // What a terminal sends, it sends to Pulumi itself.
    if (isTTY) {
      assert.equal(host.listenerCount(signal), 1);
      process.kill(Number(/began (\d+)/.exec(readFileSync(log, 'utf8'))?.[1]), signal);
    }
    const failure = await running.catch((error: unknown) => error);
    assert.ok(failure instanceof CommandFailed);
    assert.equal(host.listenerCount(signal), 0);
    return { exitCode: failure.exitCode, got: readFileSync(log, 'utf8').replace(/ \d+/, '') };
  } finally {
    process.env['PATH'] = PATH;
  }
}

test('a signal reaches Pulumi once, which finishes what it has begun; then the command ends by it', async () => {
  assert.deepEqual(await interrupted('SIGTERM', false), { exitCode: 143, got: 'began\nTERM\n' });
  assert.deepEqual(await interrupted('SIGINT', false), { exitCode: 130, got: 'began\nINT\n' });
  assert.deepEqual(await interrupted('SIGINT', true), { exitCode: 130, got: 'began\nINT\n' });
});
