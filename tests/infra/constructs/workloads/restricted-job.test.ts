import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Duration, Size } from 'cdk8s';
import {
  RestrictedJob,
  type RestrictedJobProps,
} from '../../../../infra/constructs/workloads/restricted-job.ts';
import { find, synthesize, valueAt } from '../../manifests.ts';

const props: Required<RestrictedJobProps> = {
  name: 'chore',
  namespace: 'headwater',
  identity: { name: 'kafka', component: 'chore' },
  image: 'application:1',
  command: ['node', 'chore.ts'],
  variables: { A: 'b' },
  mounts: [{ kind: 'scratch', name: 'tmp', path: '/tmp', size: Size.gibibytes(1) }],
  resources: { cpuMillicores: 50, memory: Size.mebibytes(128) },
  deadline: Duration.minutes(10),
};

function jobOf(changes: Partial<RestrictedJobProps> = {}) {
  const manifests = synthesize((chart) => new RestrictedJob(chart, 'Chore', { ...props, ...changes }));
  const job = manifests.find(({ kind }) => kind === 'Job');
  assert.ok(job);
  return { job, manifests };
}

test('takes every property', () => {
  const { job, manifests } = jobOf();
  assert.equal(valueAt(job, 'spec', 'activeDeadlineSeconds'), 600);
  assert.equal(valueAt(find(manifests, 'ServiceAccount', 'chore'), 'automountServiceAccountToken'), false);
  assert.equal(valueAt(job, 'spec', 'template', 'spec', 'automountServiceAccountToken'), false);
});

for (const [what, changes] of [
  ['image', { image: 'application:2' }],
  ['command', { command: ['node', 'other.ts'] }],
  ['variable', { variables: { A: 'c' } }],
  ['mount', { mounts: [] }],
] as const) {
  test(`another ${what} is a Job of another name: the template of one that is there cannot change`, () => {
    assert.notEqual(jobOf(changes).job.metadata.name, jobOf().job.metadata.name);
  });
}

test('fails when the name leaves no room for its hash', () => {
  assert.throws(
    () => jobOf({ name: 'a'.repeat(60) }),
    /kafka: name must be a DNS label \(RFC 1123\): at most 63 .*, got a{60}-[0-9a-f]{8}/,
  );
});
