import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { buildPulumi } from './pulumi-cli.ts';

const ROOT = join(import.meta.dirname, '../../..');
const directory = mkdtempSync(join(tmpdir(), 'headwater-preview-'));
after(() => rmSync(directory, { recursive: true, force: true }));

/** A checkout of its own: a stack writes into its configuration file. */
const checkout = join(directory, 'checkout');
let cli: string;

before(
  async () => {
    cli = join(await buildPulumi(process), 'bin');
    mkdirSync(checkout);
    for (const name of ['infra', 'apps', 'package.json', 'Pulumi.yaml']) {
      cpSync(join(ROOT, name), join(checkout, name), { recursive: true });
    }
    symlinkSync(join(ROOT, 'node_modules'), join(checkout, 'node_modules'));
  },
  { timeout: 2_400_000 },
);

interface Shell {
  /** @default none */
  readonly backend?: string;
  readonly passphrase?: string;
}

function environmentOf({ backend, passphrase }: Shell): NodeJS.ProcessEnv {
  return {
    PATH: cli,
    HOME: directory,
    TMPDIR: directory,
    PULUMI_HOME: join(directory, 'home'),
    PULUMI_SKIP_UPDATE_CHECK: 'true',
    ...(backend !== undefined && { PULUMI_BACKEND_URL: backend }),
    ...(passphrase !== undefined && { PULUMI_CONFIG_PASSPHRASE: passphrase }),
  };
}

function preview(shell: Shell) {
  const main = join(checkout, 'infra/pulumi/command/main.ts');
  const { status, stderr, stdout } = spawnSync(process.execPath, [main, 'preview', '--stack', 'production'], {
    encoding: 'utf8',
    env: environmentOf(shell),
  });
  return { status, stdout, stderr };
}

function pulumi(shell: Shell, args: readonly string[], input = ''): void {
  const run = spawnSync(join(cli, 'pulumi'), args, {
    cwd: checkout,
    encoding: 'utf8',
    env: environmentOf(shell),
    input,
  });
  assert.equal(run.status, 0, run.stderr);
}

test('with Pulumi and nothing else, preview says what it lacks, one thing after the other, in a sentence each', () => {
  const backend = `file://${join(directory, 'state')}`;
  mkdirSync(join(directory, 'state'));
  const right = { backend, passphrase: 'right' };
  const says = (shell: Shell, sentence: RegExp): void => {
    const { status, stdout, stderr } = preview(shell);
    assert.deepEqual({ status, stdout }, { status: 1, stdout: '' });
    assert.match(stderr, sentence);
  };

  says({}, /^error: pulumi keeps no state yet: pulumi login file:\/\/DIR keeps it in a directory, [^\n]+\n$/);
  says(right, /^error: stack production is not there: pulumi stack init production \([^\n]+\)\n$/);
  pulumi(right, ['stack', 'init', 'production']);
  pulumi(right, ['config', 'set', '--secret', 'collect-tls-v1.tls.key', '--stack', 'production'], 'a key');
  const opened =
    /^error: the stack's secrets cannot be opened: PULUMI_CONFIG_PASSPHRASE must be the one with which stack production was made \([^\n]+\)\n$/;
  says({ backend }, opened);
  says({ backend, passphrase: 'wrong' }, opened);
});

test('where the CLI is without its language host, preview names that', (context) => {
  const backend = `file://${join(directory, 'state')}`;
  const { status, stderr } = preview({ backend, passphrase: 'right' });
  assert.equal(status, 1);
  assert.match(
    stderr,
    /^error: failed to load language plugin nodejs: no language plugin 'pulumi-language-nodejs' found [^\n]+\n$/,
  );
  context.diagnostic(`said: ${stderr.trim()}`);
});
