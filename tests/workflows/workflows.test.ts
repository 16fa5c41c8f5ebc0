import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';

const ROOT = join(import.meta.dirname, '../..');
const DIRECTORY = join(ROOT, '.github/workflows');

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly jobs: Readonly<
    Record<
      string,
      {
        readonly 'timeout-minutes'?: number;
        readonly permissions?: Readonly<Record<string, string>>;
        readonly steps: readonly Step[];
      }
    >
  >;
}

const workflows = readdirSync(DIRECTORY).map((file) => {
  const text = readFileSync(join(DIRECTORY, file), 'utf8');
  return { file, text, workflow: parse(text) as Workflow };
});
const steps = workflows.flatMap(({ file, workflow }) =>
  Object.values(workflow.jobs).flatMap((job) => job.steps.map((step) => ({ file, ...step }))),
);

test('every action is pinned by digest, with the version beside it', () => {
  const uses = workflows.flatMap(({ text }) => [...text.matchAll(/uses: (.*)/g)].map(([, pin]) => pin ?? ''));
  assert.ok(uses.length > 5);
  for (const pin of uses) assert.match(pin, /^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
});

test('each workflow begins without rights beyond reading, and each job ends by itself', () => {
  for (const { file, workflow } of workflows) {
    const { permissions } = workflow;
    assert.ok(permissions !== undefined, file);
    assert.ok(
      Object.values(permissions).every((right) => right === 'read'),
      file,
    );
    for (const job of Object.values(workflow.jobs))
      assert.ok((job['timeout-minutes'] ?? Infinity) <= 30, file);
  }
});

test('code of a pull request never runs where there is a secret or a right to write', () => {
  for (const { file, text, workflow } of workflows) {
    if ('pull_request' in workflow.on) {
      assert.doesNotMatch(text, /secrets\.|github\.token|: write/, file);
    }
    assert.ok(!('pull_request_target' in workflow.on), file);
    if ('workflow_run' in workflow.on)
      assert.doesNotMatch(text, /ref:/, `${file} checks out the target branch only`);
  }
});

test('no credential is left in a checkout, and nothing of an event is pasted into a script', () => {
  for (const { file, uses, run, with: options } of steps) {
    if (uses?.startsWith('actions/checkout@')) assert.equal(options?.['persist-credentials'], false, file);
    assert.doesNotMatch(run ?? '', /\$\{\{/, file);
  }
});

test('every npm script that a workflow runs is there', () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const named = steps.flatMap(({ run = '' }) =>
    [...run.matchAll(/npm run (?:--silent )?([\w:]+)/g)].map(([, name]) => name ?? ''),
  );
  assert.ok(named.length > 2);
  for (const name of named) assert.ok(name in scripts, name);
});
