import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { tellCauses } from '../../../infra/diff/render/cause-text.ts';
import { renderHtml } from '../../../infra/diff/render/render-html.ts';
import { renderJson } from '../../../infra/diff/render/render-json.ts';
import { renderText } from '../../../infra/diff/render/render-text.ts';
import { sentenceText } from '../../../infra/diff/sentences/sentences.ts';
import { renderMarkdown } from '../../../infra/diff/render/render-markdown.ts';
import { pullRequestReport } from './pull-request.ts';

const report = await pullRequestReport();

const EXAMPLE = join(import.meta.dirname, '../../../docs/diff/pull-request.md');

test('the comment of the example says what is committed (npm run docs:update)', () => {
  assert.equal(readFileSync(EXAMPLE, 'utf8'), renderMarkdown(report));
});

test('the example is told in five sentences, worst first, and every change stands beneath its own', () => {
  const told = tellCauses(report);
  assert.deepEqual(
    told.map(({ consequence, clauses: [first = []], changes }) => [
      consequence,
      sentenceText(first),
      changes.length,
    ]),
    [
      [
        'data-at-risk',
        'production: the volume of each broker shrinks from 200Gi to 150Gi, which Kubernetes refuses for a claim',
        1,
      ],
      ['exposure', 'production: brokers are opened to 10.9.0.0/16 on node ports 31000 to 31003', 14],
      [
        'version',
        'dev, production and staging: the image docker.io/fluent/fluentd-kubernetes-daemonset is v1.19.4-debian-elasticsearch8-1.0 instead of v1.19.3-debian-elasticsearch8-1.1',
        1,
      ],
      [
        'rolling-restart',
        'production: a broker counts as gone after 12s of silence instead of its default',
        1,
      ],
      ['applied-in-place', 'production: topic events keeps records for 10d instead of 7d', 10],
    ],
  );
  const all = told.flatMap(({ changes }) => changes);
  assert.deepEqual(new Set(all), new Set(report.changes));
  assert.equal(all.length, report.changes.length);
});

test('in the comment nothing but the summary and the sentences is shown until something is opened', () => {
  const shown = renderMarkdown(report)
    .replaceAll(/^(`{3,})\w*\n[^]*?\n\1$/gm, '')
    .replaceAll(/<details>(?:(?!<\/?details>)[^])*<\/details>/g, '')
    .replaceAll(/<details>(?:(?!<\/?details>)[^])*<\/details>/g, '');
  assert.doesNotMatch(shown, /<\/?details>|kafka-external/);
  assert.equal(shown.match(/^\*\*/gm)?.length, 5);
});

test('every format tells every cause with its identifier', () => {
  for (const text of [renderMarkdown(report), renderText(report), renderHtml(report), renderJson(report)]) {
    let at = 0;
    for (const { cause } of tellCauses(report)) {
      assert.ok(text.indexOf(cause.id, at) > 0, cause.id);
      at = text.indexOf(cause.id);
    }
  }
});

test('an approved cause is marked, with all of its changes', () => {
  const [worst] = tellCauses(report);
  const text = renderMarkdown({ ...report, approved: [worst?.cause.id ?? ''] });
  assert.equal(text.match(/\(approved\)/g)?.length, 2);
});
