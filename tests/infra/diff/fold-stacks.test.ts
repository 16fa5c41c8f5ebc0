import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { foldStacks } from '../../../infra/diff/comment/fold-stacks.ts';
import { readStackPreview } from '../../../infra/diff/comment/stack-preview.ts';
import { MARKDOWN_LIMIT, MARKER } from '../../../infra/diff/render/render-markdown.ts';

/**
 * Printed by `pulumi preview --json` of the CLI 3.220.0 for the stack `lab`, with a longer linger, a longer retention and
 * another Secret for the store. Of the states outputs, dependencies and places in the source are left out.
 */
const RECORDED = readFileSync(join(import.meta.dirname, 'stack-previews/lab.json'), 'utf8');
const REPORT = `${MARKER}\n## What this change does\n`;

const step = (op: string, name: string, more: object = {}) => ({
  op,
  urn: `urn:pulumi:blue::headwater::kubernetes:apps/v1:StatefulSet::headwater/${name}`,
  detailedDiff: null,
  ...more,
});

test('what Pulumi prints becomes counts, and a table of resources and properties, the worst first', () => {
  assert.equal(
    foldStacks(REPORT, [readStackPreview('lab', RECORDED)]),
    [
      MARKER,
      '## What this change does',
      '',
      '## What Pulumi does',
      '',
      'Stack `lab`: **2 to create, 2 to delete, 2 to update**, 45 unchanged',
      '',
      '<details><summary>6 of 6 resources</summary>',
      '',
      '| what | resource | properties |',
      '| --- | --- | --- |',
      '| delete | `Secret headwater/object-store-v1` |  |',
      '| delete | `Job headwater/kafka-topics-6e1c5ab5` |  |',
      '| create | `Secret headwater/object-store-v2` |  |',
      '| create | `Job headwater/kafka-topics-b96ef3b8` |  |',
      '| update | `Deployment headwater/producer` | `~ spec.template.spec.containers[0].env[6].value` |',
      '| update | `Deployment headwater/consumer` | `~ spec.template.spec.containers[0].volumeMounts[0].name`<br>`~ spec.template.spec.volumes[0].name`<br>`~ spec.template.spec.volumes[0].secret.secretName` |',
      '',
      '</details>',
      '',
    ].join('\n'),
  );
});

test('a replacement stands first, with the property that makes it one; where there are no paths, names do', () => {
  const preview = readStackPreview(
    'blue',
    JSON.stringify({
      changeSummary: { replace: 1, update: 1 },
      steps: [
        step('update', 'a', { diffReasons: ['spec', 'spec', 'data'] }),
        step('replace', 'b', {
          detailedDiff: {
            'spec.serviceName': { kind: 'update-replace', inputDiff: true },
            'spec.replicas': { kind: 'delete', inputDiff: true },
            'metadata.labels["x|`y"]': { kind: 'add', inputDiff: true },
          },
        }),
      ],
    }),
  );
  assert.match(
    foldStacks(REPORT, [preview]),
    /\| replace \| `StatefulSet headwater\/b` \| `~ spec\.serviceName \(replaces\)`<br>`- spec\.replicas`<br>`\+ metadata\.labels\["x\\\|'y"\]` \|\n\| update \| `StatefulSet headwater\/a` \| `~ spec`<br>`~ data` \|\n/,
  );
});

test('a stack without a change says so, and without a stack nothing is added', () => {
  const preview = readStackPreview('blue', '{"steps":[],"changeSummary":{"same":48}}');
  assert.match(foldStacks(REPORT, [preview]), /\nStack `blue`: nothing to do, 48 unchanged\n$/);
  assert.equal(foldStacks(REPORT, []), REPORT);
});

test('a preview that failed is not taken for one without a change, and secrets in its message are masked', () => {
  const failed = JSON.stringify({
    diagnostics: [
      { message: 'warning: no GatewayClass', severity: 'warning' },
      { message: 'error: stack blue is not touched:\n- @all: password=hunter2 in it', severity: 'error' },
    ],
  });
  assert.equal(
    foldStacks(REPORT, [readStackPreview('blue', failed)]).split('## What Pulumi does\n')[1],
    [
      '',
      'Stack `blue`: **the preview failed**',
      '',
      '```',
      'error: stack blue is not touched:',
      '- @all: password=(masked) in it',
      '```',
      '',
      '```',
      'warning: no GatewayClass',
      '```',
      '',
    ].join('\n'),
  );
  for (const [text, reason] of [
    ['', 'the preview printed nothing: see the log of the run'],
    ['[1', 'the output of Pulumi is not a preview'],
    ['{"steps": 1}', 'the output of Pulumi is not a preview'],
    ['{}', 'the preview ended early'],
  ] as const) {
    const { errors, stack } = readStackPreview('blue', text);
    assert.deepEqual({ errors, stack }, { errors: [reason], stack: 'blue' });
  }
});

test('no value of a resource stands in the comment', () => {
  const text = foldStacks(REPORT, [readStackPreview('lab', RECORDED)]);
  assert.match(RECORDED, /KAFKA_BOOTSTRAP_SERVERS/);
  assert.doesNotMatch(text, /KAFKA_BOOTSTRAP_SERVERS|\[secret\]/);
});

test('whatever stacks there are, the comment keeps its limit, each stack has its counts, and the cut is told', () => {
  const large = JSON.stringify({
    changeSummary: { update: 900 },
    steps: Array.from({ length: 900 }, (_, index) =>
      step('update', `set-${index}`, {
        detailedDiff: Object.fromEntries(
          Array.from({ length: 30 }, (_, at) => [`spec.${'x'.repeat(60)}[${at}]`, { kind: 'update' }]),
        ),
      }),
    ),
    diagnostics: Array.from({ length: 50 }, () => ({ message: 'w'.repeat(5_000), severity: 'warning' })),
  });
  const report = REPORT + 'x'.repeat(45_000 - REPORT.length);
  const stacks = ['one', 'two', 'three'].map((stack) => readStackPreview(stack, large));
  const text = foldStacks(report, [...stacks, readStackPreview('four', '{"changeSummary":{"same":1}}')]);
  assert.ok(text.length <= MARKDOWN_LIMIT, String(text.length));
  assert.ok(text.startsWith(report));
  for (const stack of ['one', 'two', 'three']) {
    assert.match(text, new RegExp(`\nStack \`${stack}\`: \\*\\*900 to update\\*\\*, 0 unchanged\n`));
    assert.match(text, new RegExp(`\nMore is in the artifact \`stack-${stack}\` of this run\\.\n`));
  }
  assert.match(text, /\nStack `four`: nothing to do, 1 unchanged\n/);
  assert.ok(foldStacks(REPORT, stacks).includes('of 900 resources'));
});
