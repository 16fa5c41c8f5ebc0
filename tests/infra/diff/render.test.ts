import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findChanges, type Change } from '../../../infra/diff/changes.ts';
import { unusedApprovals, readApprovals } from '../../../infra/diff/approvals.ts';
import { parseOptions, UsageError } from '../../../infra/diff/options.ts';
import { renderJson } from '../../../infra/diff/render/render-json.ts';
import { MARKDOWN_LIMIT, renderMarkdown } from '../../../infra/diff/render/render-markdown.ts';
import { changeText } from '../../../infra/diff/render/words.ts';
import { renderText } from '../../../infra/diff/render/render-text.ts';
import { refusedChanges, sortChanges, summarize, type Report } from '../../../infra/diff/report.ts';
import { environments } from '../../../infra/environments/environments.ts';
import { manifestsOf } from './real-changes/make-real-changes.ts';

function reportOf(changes: readonly Change[], more: Partial<Report> = {}): Report {
  return {
    base: { name: 'main', commit: 'c0ffee' },
    head: { name: 'the working tree', dirty: true },
    environments: ['production'],
    changes: sortChanges(changes),
    objects: { production: 2 },
    approved: [],
    unusedApprovals: [],
    ...more,
  };
}

const dev = await manifestsOf(environments.dev);
const production = await manifestsOf(environments.production);
const large = reportOf(findChanges({ production: dev }, { production }));

test('the comment is never longer than its limit, leaves room for what Pulumi does, and says what it leaves out', () => {
  assert.ok(large.changes.length > 100);
  const text = renderMarkdown(large);
  assert.ok(text.length <= MARKDOWN_LIMIT - 15_000, String(text.length));
  assert.match(text, /… and \d+ more\./);
  assert.match(text, /Details of \d+ more are in the artifact/);
  for (const limit of [6_000, 20_000]) assert.ok(renderMarkdown(large, limit).length <= limit);
});

test('the comment begins with the worst consequence of each environment', () => {
  const [first = ''] = renderMarkdown(large).split('<details>');
  assert.ok(first.indexOf('| production | **replaced: data at risk** |') > 0);
  assert.ok(first.indexOf('| production |') < first.indexOf('| consequence | object |'));
});

test('a value cannot break out of the comment', () => {
  const object = (value: string) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'it' },
    data: { a: value },
  });
  const evil = '```\n</details><script>x</script> @everyone | `';
  const text = renderMarkdown(
    reportOf(findChanges({ production: [object('')] }, { production: [object(evil)] })),
  );
  assert.match(text, /````diff\n-\n\+```\n/);
  const table = text.split('<details>')[0] ?? '';
  assert.doesNotMatch(table.replace(/`[^`]*`/g, ''), /<script>|@everyone/);
});

test('of two long values what differs is shown, with a little of what is before it', () => {
  const change = { path: 'spec', before: `${'a'.repeat(90)}1`, after: `${'a'.repeat(90)}2` } as Change;
  assert.equal(changeText(change), `…${'a'.repeat(12)}1 → …${'a'.repeat(12)}2`);
  assert.equal(changeText({ ...change, before: '1', after: '2' }), '1 → 2');
});

test('JSON begins with the changes and is one line', () => {
  const text = renderJson(reportOf([]));
  assert.ok(text.startsWith('{"changes":[]'));
  assert.equal(text.trimEnd().split('\n').length, 1);
});

test('a base that does not synthesize is said, with the head alone', () => {
  const report = reportOf([], { baseError: 'kafka: brokers must be 3' });
  for (const text of [renderText(report), renderMarkdown(report)]) {
    assert.match(text, /base does not synthesize/);
    assert.match(text, /kafka: brokers must be 3/);
    assert.match(text, /production 2 objects/);
  }
});

test('a workload that several changes restart is counted once', () => {
  const [summary] = summarize(large);
  const workloads = summary?.restarts.map((text) => text.split(':')[0]) ?? [];
  assert.ok(workloads.includes('StatefulSet headwater/kafka'));
  assert.equal(new Set(workloads).size, workloads.length);
});

test('a gate refuses a consequence unless the very change is approved', () => {
  const refused = refusedChanges(large, ['data-at-risk']);
  assert.ok(refused.length > 0);
  const approved = refused.map(({ id }) => id);
  assert.deepEqual(refusedChanges({ ...large, approved }, ['data-at-risk']), []);
  assert.equal(refusedChanges({ ...large, approved: approved.slice(1) }, ['data-at-risk']).length, 1);
  assert.deepEqual(refusedChanges(large, []), []);
});

test('approvals name a change and a reason; one of no change is told', () => {
  const approval = { id: '0123456789ab', change: 'StatefulSet kafka', reason: 'planned' };
  assert.deepEqual(readApprovals('f', JSON.stringify([approval])), [approval]);
  assert.deepEqual(unusedApprovals([approval], large.changes), [approval]);
  assert.throws(() => readApprovals('f.json', '{'), /f\.json must be JSON/);
  assert.throws(
    () => readApprovals('f.json', '[{"id":"x"}]'),
    /f\.json: 0\.id the twelve hexadecimal digits/,
  );
});

test('wrong words on the command line are refused by name', () => {
  const refusals: readonly [readonly string[], RegExp][] = [
    [[], /--base must name a revision/],
    [['--base', 'main', '--format', 'xml'], /--format must be one of text, .*got xml/],
    [['--base', 'main', '--fail-on', 'doom'], /--fail-on must be one of data-at-risk.*got doom/],
    [['--base', 'main', '--also', 'json'], /--also must be FORMAT=FILE, got json/],
    [['--bass', 'main'], /--bass/],
  ];
  for (const [args, message] of refusals) {
    assert.throws(
      () => parseOptions(args),
      (error) => error instanceof UsageError && message.test(error.message),
    );
  }
});
