import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { renderPublicPullRequests } from '../../../docs/public-pull-requests-page.ts';
import { publicPullRequests } from './public-pull-requests.ts';
import { tellPublicPullRequest } from './tell-public-pull-request.ts';

const PAGE = join(import.meta.dirname, '../../../../docs/diff/public-pull-requests.md');

for (const pull of publicPullRequests) {
  test(`${pull.name}, made here, is told as its thread wanted: ${pull.consequence}`, () => {
    const [worst] = tellPublicPullRequest(pull);
    assert.equal(worst?.consequence, pull.consequence);
    assert.match(worst.sentence, pull.answers);
  });
}

test('the page says what is committed (npm run docs:update)', () => {
  assert.equal(readFileSync(PAGE, 'utf8'), renderPublicPullRequests());
});

test('there are ten, each once, of charts and operators', () => {
  assert.equal(new Set(publicPullRequests.map(({ name }) => name)).size, 10);
});
