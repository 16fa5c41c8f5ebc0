import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findChanges, type Change } from '../../../infra/diff/changes.ts';
import { unusedApprovals, readApprovals } from '../../../infra/diff/approvals.ts';
import { UsageError } from '../../../infra/command-line.ts';
import { parseOptions } from '../../../infra/diff/options.ts';
import { FORMATS } from '../../../infra/diff/options.ts';
import { renderHtml } from '../../../infra/diff/render/render-html.ts';
import { render } from '../../../infra/diff/render/render.ts';
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
    causes: [],
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
  const first = renderMarkdown(large);
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
  assert.match(text, /````diff\n\+ 1 {2}```\n\+ 2 [^\n]*\n````\n/);
  const table = text.split('<details>')[0] ?? '';
  assert.doesNotMatch(table.replace(/`[^`]*`/g, ''), /<script>|@everyone/);
});

function configMap(text: string) {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'it' }, data: { 'notes.txt': text } };
}

const NOTES = Array.from({ length: 40 }, (_, index) => `line ${index + 1}`);

test('of a long text the lines that differ are shown, by number, in every format', () => {
  const changed = NOTES.with(19, 'another line').toSpliced(30, 1).join('\n');
  const report = reportOf(
    findChanges({ production: [configMap(NOTES.join('\n'))] }, { production: [configMap(changed)] }),
  );
  const [change] = report.changes;
  const expected = [
    { number: 20, before: 'line 20', after: 'another line' },
    { number: 31, before: 'line 31' },
  ];
  assert.deepEqual(change?.lines, expected);
  assert.deepEqual((JSON.parse(renderJson(report)) as Report).changes[0]?.lines, expected);
  assert.equal(changeText(change), 'line 20: line 20 → another line, and 1 more');
  const lines = ['- 20  line 20', '+ 20  another line', '- 31  line 31'];
  assert.ok(renderText(report).includes(lines.map((line) => `    ${line}\n`).join('')));
  for (const text of [renderMarkdown(report), renderHtml(report)]) assert.ok(text.includes(lines.join('\n')));
  assert.doesNotMatch(renderMarkdown(report), /line 19|line 21/);
});

test('a line break at the end that is new is seen, and two texts without a common line are shown whole', () => {
  const lines = (before: string, after: string) =>
    findChanges({ production: [configMap(before)] }, { production: [configMap(after)] })[0]?.lines;
  assert.deepEqual(lines('a\nb', 'a\nb\n'), [{ number: 2, before: 'b (without a line break)', after: 'b' }]);
  const other = (letter: string) => Array.from({ length: 900 }, (_, index) => `${letter}${index}`).join('\n');
  assert.equal(lines(other('a'), other('b')), undefined);
});

/** Paths and values of changes, and what people read of them. */
const UNITS: readonly (readonly [string, string | number | bigint, string | number, string])[] = [
  ['spec.env[TOPICS].value[events].configs.retention.ms', 604_800_000, 259_200_000, '7d → 3d'],
  ['spec.env[TOPICS].value[events].configs.retention.ms', 604_800_000, -1, '7d → unlimited'],
  ['spec.env[TOPICS].value[events].configs.retention.bytes', 8_589_934_592, 4_294_967_296, '8 GiB → 4 GiB'],
  ['data[server.properties].zookeeper.session.timeout.ms', '18000', '90000', '18s → 90s'],
  ['data[server.properties].message.max.bytes', '1048576', '1048588', '1 MiB → 1048588 bytes'],
  ['data[server.properties].log.retention.hours', '168', '36', '7d → 36h'],
  ['spec.env[LINGER_MS].value', '5', '10', '5ms → 10ms'],
  ['spec.env[BATCH_MAX_BYTES].value', '1048576', '524288', '1 MiB → 512 KiB'],
  ['data[a.json].retentionMs', 0, 5_400_000, '0 → 90m'],
  ['data[a.json].limitBytes', 9_007_199_254_740_993n, '1', '9007199254740993 bytes → 1 bytes'],
  ['spec.activeDeadlineSeconds', 1800, 1200, '30m → 20m'],
  ['spec.expiryDays', 90, 60, '90d → 60d'],
  ['spec.replicas', 3, 4, '3 → 4'],
  ['data[server.properties].socket.send.buffer.bytes', '-1', '102400', '-1 → 100 KiB'],
  ['spec.env[NAMES].value', '604800000', '1', '604800000 → 1'],
];

for (const [path, before, after, text] of UNITS) {
  test(`${path} is shown as ${text}`, () => {
    const change = { path, before, after, restarts: {} } as unknown as Change;
    assert.equal(changeText(change), text);
    assert.equal(
      changeText({ ...change, before: after, after: before }),
      text.split(' → ').reverse().join(' → '),
    );
  });
}

test('beside a value in its unit stands the number itself, and JSON has the number alone', () => {
  const config = (text: string) => ({ ...configMap(''), data: { 'server.properties': text } });
  const report = reportOf(
    findChanges(
      { production: [config('log.retention.ms=604800000\n')] },
      { production: [config('log.retention.ms=259200000\n')] },
    ),
  );
  assert.match(renderText(report), /^ {4}7d → 3d$/m);
  assert.match(renderMarkdown(report), /`7d → 3d`[^]*-7d \(604800000\)\n\+3d \(259200000\)/);
  assert.match(renderHtml(report), /<pre[^>]*>7d \(604800000\)<\/pre>/);
  assert.match(renderJson(report), /"before":"604800000","after":"259200000"/);
});

test('numbers that no double holds keep their digits in every format that shows values of manifests', () => {
  const config = (text: string) => ({ ...configMap(''), data: { 'a.json': text } });
  const report = reportOf(
    findChanges(
      { production: [config('{"n":9007199254740993}')] },
      { production: [config('{"n":9007199254740995}')] },
    ),
  );
  // SARIF has causes alone.
  for (const format of FORMATS.filter((name) => name !== 'sarif'))
    assert.match(render(report, format), /9007199254740993[^]*9007199254740995/);
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
