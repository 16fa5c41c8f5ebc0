import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { parse } from 'yaml';
import { parseOptions } from '../../infra/diff/options.ts';
import { parseStackCommand } from '../../infra/pulumi/command/options.ts';

const WORKFLOWS = join(import.meta.dirname, '../../.github/workflows');

interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

function stepsOf(file: string, job: string): readonly Step[] {
  const { jobs } = parse(readFileSync(join(WORKFLOWS, file), 'utf8')) as {
    readonly jobs: Readonly<Record<string, { readonly steps: readonly Step[] }>>;
  };
  return jobs[job]?.steps ?? [];
}

function scriptOf(steps: readonly Step[], name: string): string {
  return steps.find((step) => step.name === name)?.run ?? '';
}

const stacks = stepsOf('diff.yml', 'stacks');
const comment = stepsOf('diff-comment.yml', 'comment');

const directory = mkdtempSync(join(tmpdir(), 'headwater-diff-'));
after(() => rmSync(directory, { recursive: true, force: true }));

test('the step hands each label that approves to the gate, nothing else, and no pattern becomes a file', () => {
  const bin = join(directory, 'bin');
  writeFileSync(join(directory, 'approve-file'), '');
  mkdirSync(bin);
  writeFileSync(join(bin, 'npm'), '#!/bin/sh\nprintf "%s\\n" "$@" > arguments\n', { mode: 0o755 });
  const script = scriptOf(stepsOf('diff.yml', 'diff'), 'Compare with the target branch');
  const { status, stderr } = spawnSync('bash', ['-e', '-c', script], {
    cwd: directory,
    encoding: 'utf8',
    env: {
      PATH: `${bin}:/usr/bin:/bin`,
      BASE: 'c0ffee',
      NUMBER: '7',
      GITHUB_STEP_SUMMARY: 'summary.md',
      LABELS: 'bug approve-0123456789ab approve-* $(touch made)',
    },
  });
  assert.equal(status, 0, stderr);
  assert.equal(readFileSync(join(directory, 'diff/number'), 'utf8'), '7\n');
  const words = readFileSync(join(directory, 'arguments'), 'utf8').trimEnd().split('\n');
  const options = parseOptions(words.slice(words.indexOf('--') + 1));
  assert.deepEqual(options?.approved, ['0123456789ab', '*']);
  assert.deepEqual(options.failOn, ['data-at-risk', 'data-deleted-sooner']);
  assert.equal(options.base, 'c0ffee');
  assert.equal(options.head, 'HEAD');
  assert.deepEqual([options.format, options.output], ['json', 'diff/diff.json']);
  assert.deepEqual(options.also, [
    { format: 'html', file: 'diff/diff.html' },
    { format: 'sarif', file: 'diff/diff.sarif' },
    { format: 'markdown', file: 'summary.md' },
  ]);
});

test('the comment is made of the JSON that the judged code wrote, never of a text of its own', () => {
  const scripts = comment.map(({ run = '' }) => run).join('\n');
  assert.match(scripts, /comment\/main\.ts "\$REPORT\/diff\.json"/);
  assert.doesNotMatch(scripts, /markdown|\.md\b/);
  // What the judged code says in words is its own run's summary, and in no artifact.
  const written = stepsOf('diff.yml', 'diff')
    .map(({ run = '' }) => run)
    .join('\n');
  assert.deepEqual(written.match(/\S*(markdown|\.md\b)\S*/g), ['markdown="$GITHUB_STEP_SUMMARY"']);
});

test('each stack is asked into a file of its own, which is there also where Pulumi was never reached', () => {
  const bin = join(directory, 'stacks-bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'npm'), '#!/bin/sh\nprintf "%s\\n" "$@" > arguments\nexit 1\n', { mode: 0o755 });
  const { status } = spawnSync('bash', ['-e', '-c', scriptOf(stacks, 'Ask Pulumi')], {
    cwd: directory,
    env: { PATH: `${bin}:/usr/bin:/bin`, STACK: 'blue' },
  });
  assert.equal(status, 1);
  assert.equal(readFileSync(join(directory, 'stacks/blue.json'), 'utf8'), '');
  const [, command = '', , ...args] = readFileSync(join(directory, 'arguments'), 'utf8')
    .trimEnd()
    .split('\n');
  assert.deepEqual(parseStackCommand([command, ...args]), {
    name: 'preview',
    stack: 'blue',
    yes: false,
    json: 'stacks/blue.json',
  });
});

test('the comment is given what the jobs of the stacks kept', () => {
  const kept = stacks.find(({ uses }) => uses?.startsWith('actions/upload-artifact@'))?.with;
  assert.equal(kept?.['name'], 'stack-${{ matrix.stack }}');
  assert.equal(kept['path'], 'stacks');
  const taken = comment.find((step) => step.with?.['pattern'] === 'stack-*')?.with;
  assert.equal(taken?.['merge-multiple'], true);

  const bin = join(directory, 'comment-bin');
  mkdirSync(bin);
  mkdirSync(join(directory, 'artifact'));
  writeFileSync(join(directory, 'artifact/number'), '7; rm -r /\n');
  for (const name of ['node', 'npx'])
    writeFileSync(join(bin, name), '#!/bin/sh\nprintf "%s\\n" "$@" > arguments\n', { mode: 0o755 });
  const { status, stderr } = spawnSync('bash', ['-e', '-c', scriptOf(comment, 'Write the comment')], {
    cwd: directory,
    encoding: 'utf8',
    env: { PATH: `${bin}:/usr/bin:/bin`, REPORT: 'artifact', STACKS: 'in/stacks', COMMIT: 'c0ffee' },
  });
  assert.equal(status, 0, stderr);
  assert.deepEqual(readFileSync(join(directory, 'arguments'), 'utf8').trimEnd().split('\n'), [
    ...['node', 'infra/diff/comment/main.ts', 'artifact/diff.json', '7', 'c0ffee', 'in/stacks'],
  ]);
});
