import assert from 'node:assert/strict';
import { test } from 'node:test';
import { foldStacks } from '../../infra/diff/comment/fold-stacks.ts';
import { readReport } from '../../infra/diff/comment/read-report.ts';
import { readStackPreview } from '../../infra/diff/comment/stack-preview.ts';
import { renderMarkdown } from '../../infra/diff/render/render-markdown.ts';
import { HOSTILE, hostileReport, hostileStack, MARK } from '../infra/diff/hostile-report.ts';
import { pullRequestReport } from '../infra/diff/pull-request.ts';
import { needs } from '../runner/needs.ts';
import { renderWithGitHubsParser } from './github-markdown/render.ts';

/** The page without what stands in code, in which GitHub looks for no mention, issue or address. */
function withoutCode(html: string): string {
  return html.replaceAll(/<(code)[^>]*>[^<]*<\/\1>/g, '');
}

test(
  "of no text of a report GitHub's parser makes a link, a picture, a heading or any other markup",
  needs('pip3'),
  async () => {
    const comments = HOSTILE.map((text) =>
      foldStacks(renderMarkdown(readReport(hostileReport(text))), [
        readStackPreview('stack', hostileStack(text)),
      ]),
    );
    const pages = await renderWithGitHubsParser(comments);
    assert.equal(pages.length, HOSTILE.length);
    for (const [index, page] of pages.entries()) {
      const said = JSON.stringify(HOSTILE[index]);
      if (HOSTILE[index]?.includes(MARK) === true) assert.match(page, new RegExp(`<code[^>]*>[^<]*${MARK}`));
      const rest = withoutCode(page);
      assert.doesNotMatch(rest, new RegExp(`${MARK}|evil|everyone|loud|@`), said);
      const tags = new Set([...rest.matchAll(/<\/?([a-z0-9]+)/g)].map(([, tag = '']) => tag));
      const known = [
        'details',
        'summary',
        'h2',
        'p',
        'table',
        'thead',
        'tbody',
        'tr',
        'th',
        'td',
        'pre',
        'ul',
        'li',
      ];
      assert.deepEqual(
        [...tags].filter((tag) => ![...known, 'strong', 'br', 'a'].includes(tag)),
        [],
        said,
      );
      for (const [, href] of rest.matchAll(/<a href="([^"]*)"/g)) {
        assert.match(href ?? '', /^https:\/\/kubernetes\.io\//, said);
      }
      assert.equal(rest.match(/<table>/g)?.length, 3, said);
      assert.equal(rest.match(/<h2>/g)?.length, 2, said);
    }
  },
);

test(
  'the comment of the example has its tables and a section to open for each cause and each change',
  needs('pip3'),
  async () => {
    const report = await pullRequestReport();
    const [page = ''] = await renderWithGitHubsParser([renderMarkdown(report)]);
    const { causes, changes, environments } = report;
    const tables = 1 + causes.length;
    assert.equal(page.match(/<table>/g)?.length, tables);
    assert.equal(page.match(/<details>/g)?.length, causes.length + changes.length);
    assert.equal(page.match(/<tr>/g)?.length, tables + environments.length + changes.length);
  },
);
