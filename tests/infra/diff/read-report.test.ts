import assert from 'node:assert/strict';
import { test } from 'node:test';
import { foldStacks } from '../../../infra/diff/comment/fold-stacks.ts';
import { readReport } from '../../../infra/diff/comment/read-report.ts';
import { readStackPreview } from '../../../infra/diff/comment/stack-preview.ts';
import { renderJson } from '../../../infra/diff/render/render-json.ts';
import { MARKDOWN_LIMIT, renderMarkdown } from '../../../infra/diff/render/render-markdown.ts';
import { HOSTILE, hostileReport, hostileStack, MARK } from './hostile-report.ts';
import { pullRequestReport } from './pull-request.ts';

/** The comment without fences, code spans and code in HTML, in which GitHub makes nothing of a text. */
function withoutCode(markdown: string): string {
  return markdown
    .replaceAll(/^(`{3,})\w*\n[^]*?\n\1$/gm, '')
    .replaceAll(/<code>[^<\n]*<\/code>/g, '')
    .replaceAll(/`[^`\n]*`/g, '');
}

for (const text of HOSTILE) {
  test(`a report that says ${JSON.stringify(text).replaceAll(MARK, '…')} everywhere says it in code only`, () => {
    const report = renderMarkdown(readReport(hostileReport(text)));
    const comment = foldStacks(report, [readStackPreview('stack', hostileStack(text))]);
    assert.ok(comment.length <= MARKDOWN_LIMIT);
    if (text.includes(MARK)) assert.match(comment, new RegExp(MARK));
    const rest = withoutCode(comment);
    assert.doesNotMatch(rest, new RegExp(MARK));
    assert.doesNotMatch(rest, /evil|everyone|loud|@/);
    // The tables keep their columns.
    for (const [, row = ''] of rest.matchAll(/^\|(.*)\|$/gm)) {
      const columns = row.replaceAll(/\\\||\\/g, '').split('|').length;
      assert.ok([3, 4, 5].includes(columns), row);
    }
  });
}

test('of a report the same comment is made by way of JSON, and what rules say is taken from here', async () => {
  const report = await pullRequestReport();
  assert.equal(renderMarkdown(readReport(renderJson(report))), renderMarkdown(report));
  const json = renderJson(report).replaceAll(/"why":"[^"]*"/g, '"why":"nothing at all"');
  assert.equal(renderMarkdown(readReport(json)), renderMarkdown(report));
});

test('what is no report is refused', () => {
  const report = JSON.parse(hostileReport('x')) as { readonly changes: readonly object[] };
  const [change] = report.changes;
  for (const wrong of [
    '{',
    '[]',
    JSON.stringify({ ...report, changes: 'none' }),
    JSON.stringify({ ...report, changes: [{ ...change, consequence: '<b>fine</b>' }] }),
    JSON.stringify({ ...report, changes: [{ ...change, id: '`x`' }] }),
    JSON.stringify({ ...report, approved: ['@everyone'] }),
  ]) {
    assert.throws(() => readReport(wrong));
  }
});
