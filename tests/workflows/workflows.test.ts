import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';

const ROOT = join(import.meta.dirname, '../..');
const DIRECTORY = join(ROOT, '.github/workflows');

interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Job {
  readonly if?: string;
  /** A workflow that the job consists of; then it has no steps. */
  readonly uses?: string;
  readonly environment?: string;
  readonly concurrency?: Readonly<Record<string, unknown>>;
  readonly 'timeout-minutes'?: number;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly steps?: readonly Step[];
}

interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly concurrency?: Readonly<Record<string, unknown>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

/** A cut-off `deploy` leaves the stack locked and the platform half rolled; everything else may be cut off soon. */
const LONGEST_MINUTES = { deploy: 120, other: 30 };

const workflows = readdirSync(DIRECTORY).map((file) => {
  const text = readFileSync(join(DIRECTORY, file), 'utf8');
  return { file, text, workflow: parse(text) as Workflow };
});
const actionFile = join(ROOT, '.github/actions/open-stack/action.yml');
const actionText = readFileSync(actionFile, 'utf8');
const action = parse(actionText) as { readonly runs: { readonly steps: readonly Step[] } };
const jobs = workflows.flatMap(({ file, workflow }) =>
  Object.entries(workflow.jobs).map(([name, job]) => ({ name: `${file}: ${name}`, job })),
);
const steps = [
  ...jobs.flatMap(({ name, job }) => (job.steps ?? []).map((step) => ({ file: name, ...step }))),
  ...action.runs.steps.map((step) => ({ file: actionFile, ...step })),
];

function reachesCloud({ steps = [] }: Job): boolean {
  return steps.some(({ uses }) => uses === './.github/actions/open-stack');
}

function runsDeploy({ steps = [] }: Job): boolean {
  return steps.some(({ run = '' }) => /\bnpm run deploy\b/.test(run));
}

test('every action is pinned by digest, with the version beside it', () => {
  const texts = [...workflows.map(({ text }) => text), actionText];
  const uses = texts.flatMap((text) => [...text.matchAll(/uses: (.*)/g)].map(([, pin]) => pin ?? ''));
  const pins = uses.filter((pin) => !pin.startsWith('./.github/'));
  assert.ok(pins.length > 5);
  for (const pin of pins) assert.match(pin, /^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
});

test('each workflow begins without rights beyond reading, and each job ends by itself', () => {
  for (const { file, workflow } of workflows) {
    const { permissions } = workflow;
    assert.ok(permissions !== undefined, file);
    assert.ok(
      Object.values(permissions).every((right) => right === 'read'),
      file,
    );
  }
  for (const { name, job } of jobs.filter(({ job }) => job.uses === undefined)) {
    const longest = runsDeploy(job) ? LONGEST_MINUTES.deploy : LONGEST_MINUTES.other;
    assert.ok((job['timeout-minutes'] ?? Infinity) <= longest, name);
  }
});

test('only a job that reaches the cloud has an identity there, by an environment of its own, and no right to write', () => {
  const reaching = jobs.filter(({ job }) => reachesCloud(job));
  assert.ok(reaching.length > 1);
  for (const { name, job } of jobs) {
    if (!reachesCloud(job) && job.uses === undefined)
      assert.ok(!('id-token' in (job.permissions ?? {})), name);
  }
  for (const { name, job } of reaching) {
    assert.deepEqual(job.permissions, { contents: 'read', 'id-token': 'write' }, name);
    const environment = runsDeploy(job)
      ? /^\$\{\{ inputs\.stack \}\}$/
      : /^\$\{\{ (inputs|matrix)\.stack \}\}-preview$/;
    assert.match(job.environment ?? '', environment, name);
  }
});

test('an up is never cut off by the next one, and there is one at a time of a stack', () => {
  const ups = jobs.filter(({ job }) => runsDeploy(job));
  assert.equal(ups.length, 1);
  for (const { name, job } of ups) {
    assert.deepEqual(job.concurrency, { group: 'up-${{ inputs.stack }}', 'cancel-in-progress': false }, name);
  }
  for (const { file, workflow } of workflows) {
    if (!file.startsWith('deploy')) continue;
    assert.equal(
      workflow.concurrency,
      undefined,
      `${file}: an approval that is waited for holds up nothing else`,
    );
  }
});

test('code of a pull request never runs where there is a right to write, and that of a fork never where there is a secret', () => {
  const powerful = /secrets\.|github\.token|"write"/;
  let reading = 0;
  for (const { file, text, workflow } of workflows) {
    assert.ok(!('pull_request_target' in workflow.on), file);
    if ('workflow_run' in workflow.on)
      assert.doesNotMatch(text, /ref:/, `${file} checks out the target branch only`);
    if (!('pull_request' in workflow.on)) continue;
    assert.doesNotMatch(JSON.stringify({ ...workflow, jobs: undefined }), powerful, file);
    for (const job of Object.values(workflow.jobs)) {
      if (!powerful.test(JSON.stringify(job))) continue;
      reading += 1;
      assert.match(
        job.if ?? '',
        /^[^|]* && github\.event\.pull_request\.head\.repo\.full_name == github\.repository$/,
        file,
      );
      // To see who it is in the cloud, an identity must be written; what it may do there is to read.
      assert.deepEqual(job.permissions, { contents: 'read', 'id-token': 'write' }, file);
      assert.match(job.environment ?? '', /-preview$/, file);
      assert.ok(!runsDeploy(job), file);
    }
  }
  assert.equal(reading, 1);
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
