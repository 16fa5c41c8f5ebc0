import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { parse } from 'yaml';
import { parseStackCommand } from '../../infra/pulumi/command/options.ts';

const ROOT = join(import.meta.dirname, '../..');

interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

function read(file: string): unknown {
  return parse(readFileSync(join(ROOT, file), 'utf8'));
}

const deploy = read('.github/workflows/deploy.yml') as {
  readonly on: unknown;
  readonly jobs: Readonly<
    Record<
      string,
      { readonly needs?: string; readonly uses: string; readonly with: { readonly stack: string } }
    >
  >;
};
const { jobs } = read('.github/workflows/deploy-stack.yml') as {
  readonly jobs: Readonly<
    Record<'preview' | 'up', { readonly needs?: string; readonly steps: readonly Step[] }>
  >;
};
const action = read('.github/actions/open-stack/action.yml') as {
  readonly runs: { readonly steps: readonly Step[] };
};

const directory = mkdtempSync(join(tmpdir(), 'headwater-deploy-'));
after(() => rmSync(directory, { recursive: true, force: true }));
const bin = join(directory, 'bin');
mkdirSync(bin);

function scriptOf(steps: readonly Step[], name: string): string {
  const script = steps.find((step) => step.name === name)?.run;
  assert.ok(script !== undefined, name);
  return script;
}

/** Stands in for a program: writes down its words, one a line, and what it is given on standard input. */
function standIn(name: string, says = ''): void {
  const script = `#!/bin/sh\nprintf '%s\\n' "$@" > ${name}.arguments\n[ -t 0 ] || cat > ${name}.input\nprintf '%s' '${says}'\n`;
  writeFileSync(join(bin, name), script, { mode: 0o755 });
}

function run(script: string, variables: Readonly<Record<string, string>>): void {
  const { status, stderr } = spawnSync('bash', ['-e', '-o', 'pipefail', '-c', script], {
    cwd: directory,
    encoding: 'utf8',
    env: { PATH: `${bin}:/usr/bin:/bin`, ...variables },
  });
  assert.equal(status, 0, stderr);
}

function wordsOf(name: string): readonly string[] {
  return readFileSync(join(directory, `${name}.arguments`), 'utf8')
    .trimEnd()
    .split('\n');
}

test('what is merged goes to staging, and to production only after it', () => {
  assert.deepEqual(deploy.on, { push: { branches: ['main'] } });
  const stacks = Object.values(deploy.jobs).map(({ needs, uses, with: { stack } }) => ({
    needs,
    uses,
    stack,
  }));
  const uses = './.github/workflows/deploy-stack.yml';
  assert.deepEqual(stacks, [
    { needs: undefined, uses, stack: 'staging' },
    { needs: 'staging', uses, stack: 'production' },
  ]);
});

test('the plan that the preview writes is the one that deploy is held to', () => {
  const variables = { STACK: "blue; touch 'made'" };
  standIn('npm');
  run(scriptOf(jobs.preview.steps, 'Write the plan'), variables);
  const [, preview = '', , ...previewArgs] = wordsOf('npm');
  const written = parseStackCommand([preview, ...previewArgs]);
  assert.ok(typeof written === 'object');
  const { stack, savePlan } = written;
  run(scriptOf(jobs.up.steps, 'Carry out the plan'), variables);
  const [, deploy = '', , ...deployArgs] = wordsOf('npm');
  assert.deepEqual(parseStackCommand([deploy, ...deployArgs]), {
    name: 'deploy',
    stack,
    yes: true,
    plan: savePlan,
  });
  assert.equal(stack, variables.STACK);

  const artifact = (steps: readonly Step[], uses: string) =>
    steps.find((step) => step.uses?.startsWith(uses))?.with ?? {};
  const kept = artifact(jobs.preview.steps, 'actions/upload-artifact@');
  assert.equal(kept['path'], savePlan);
  assert.equal(jobs.up.needs, 'preview');
  assert.equal(artifact(jobs.up.steps, 'actions/download-artifact@')['name'], kept['name']);
});

test('the password of the registry is handed on by standard input, that of ECR is asked for', () => {
  const login = scriptOf(jobs.up.steps, 'Log in to the registry');
  standIn('docker');
  standIn('aws', 'of the hour');
  const variables = { REGISTRY: 'registry.example.com', REGISTRY_USER: 'AWS' };
  for (const [given, password] of [
    ['kept', 'kept'],
    ['', 'of the hour'],
  ] as const) {
    run(login, { ...variables, REGISTRY_PASSWORD: given });
    assert.deepEqual(wordsOf('docker'), [
      'login',
      '--username',
      'AWS',
      '--password-stdin',
      'registry.example.com',
    ]);
    assert.equal(readFileSync(join(directory, 'docker.input'), 'utf8'), password);
  }
});

test("the kubeconfig is nobody else's to read, and is the one that is used", () => {
  const variables = {
    RUNNER_TEMP: directory,
    GITHUB_ENV: join(directory, 'env'),
    TEXT: 'clusters: []\n$HOME',
  };
  run(scriptOf(action.runs.steps, 'Keep the kubeconfig'), variables);
  const file = join(directory, 'kubeconfig');
  assert.equal(readFileSync(file, 'utf8'), `${variables.TEXT}\n`);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.equal(readFileSync(variables.GITHUB_ENV, 'utf8'), `KUBECONFIG=${file}\n`);
});

test('the CLI that is installed is the one that the tests run', () => {
  const installed = action.runs.steps.find(({ uses }) => uses?.startsWith('pulumi/actions@'))?.with;
  const [, tested] =
    /github\.com\/pulumi\/pulumi\/pkg\/v3 v(\S+)/.exec(
      readFileSync(join(ROOT, 'tests/pulumi/cli/go.mod'), 'utf8'),
    ) ?? [];
  assert.deepEqual(installed, { 'pulumi-version': tested });
});
