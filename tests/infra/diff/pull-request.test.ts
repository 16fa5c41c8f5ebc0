import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { renderMarkdown } from '../../../infra/diff/render/render-markdown.ts';
import { pullRequestReport } from './pull-request.ts';

const EXAMPLE = join(import.meta.dirname, '../../../docs/preview/pull-request.md');

test('the comment of the example says what is committed (npm run docs:update)', async () => {
  assert.equal(readFileSync(EXAMPLE, 'utf8'), renderMarkdown(await pullRequestReport()));
});
