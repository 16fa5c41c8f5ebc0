import assert from 'node:assert/strict';
import { test } from 'node:test';
import { App, Chart, Testing } from 'cdk8s';
import { Job } from 'cdk8s-plus-27';
import { nameByTemplate } from '../../../../infra/constructs/workloads/job-name.ts';

function jobName({ argument = 1, backoffLimit = 1 } = {}): string {
  const chart = new Chart(new App(), 'test');
  const job = new Job(chart, 'Job', {
    metadata: { name: 'work' },
    backoffLimit,
    select: false,
    containers: [{ name: 'work', image: 'work', args: [String(argument)] }],
  });
  nameByTemplate(job);
  const [manifest] = Testing.synth(chart) as { readonly metadata: { readonly name: string } }[];
  return manifest?.metadata.name ?? '';
}

test('the name of a Job ends in a hash of its whole template, and of nothing beside it', () => {
  const name = jobName();
  assert.match(name, /^work-[0-9a-f]{8}$/);
  assert.equal(jobName(), name);
  assert.notEqual(jobName({ argument: 2 }), name);
  assert.equal(jobName({ backoffLimit: 2 }), name, 'what may be changed in place makes no other Job');
});
