import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import { putComment } from '../../../infra/diff/comment/put-comment.ts';
import { MARKER } from '../../../infra/diff/render/render-markdown.ts';

const HEAD = 'a'.repeat(40);
const written: { readonly method: string; readonly url: string; readonly body: string }[] = [];
let comments: readonly {
  readonly id: number;
  readonly body: string;
  readonly user: { readonly type: string };
}[] = [];

/** What GitHub's API answers, as far as it is asked. */
const server = createServer((request, response) => {
  const { method = '', url = '' } = request;
  const path = url.replace('/repos/owner/name/', '');
  request.setEncoding('utf8');
  let body = '';
  request.on('data', (part: string) => (body += part));
  request.on('end', () => {
    if (method !== 'GET')
      written.push({ method, url: path, body: (JSON.parse(body) as { body: string }).body });
    const page = Number(new URL(url, 'http://host').searchParams.get('page') ?? 1);
    const answer = path.startsWith('pulls/')
      ? { head: { sha: HEAD } }
      : method === 'GET'
        ? comments.slice((page - 1) * 100, page * 100)
        : {};
    response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
  });
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
after(() => server.close());

const pull = {
  apiUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  token: 'x',
  repository: 'owner/name',
  number: 7,
  headCommit: HEAD,
};

function commentsBefore(found: typeof comments): void {
  comments = found;
  written.length = 0;
}

test('the first report is a new comment', async () => {
  commentsBefore([]);
  assert.equal(await putComment(pull, `${MARKER}\none`), 'made');
  assert.deepEqual(written, [{ method: 'POST', url: 'issues/7/comments', body: `${MARKER}\none` }]);
});

test('a later report is written into the same comment, wherever it stands', async () => {
  const others = Array.from({ length: 150 }, (_, id) => ({ id, body: 'hello', user: { type: 'User' } }));
  commentsBefore([...others, { id: 999, body: `${MARKER}\none`, user: { type: 'Bot' } }]);
  assert.equal(await putComment(pull, `${MARKER}\ntwo`), 'edited');
  assert.deepEqual(written, [{ method: 'PATCH', url: 'issues/comments/999', body: `${MARKER}\ntwo` }]);
});

test("somebody's own comment with the marker is not edited", async () => {
  commentsBefore([{ id: 1, body: MARKER, user: { type: 'User' } }]);
  assert.equal(await putComment(pull, MARKER), 'made');
});

test('what a fork could make up is not written: another pull request, no report, too much text', async () => {
  commentsBefore([]);
  await assert.rejects(putComment({ ...pull, headCommit: 'b'.repeat(40) }, MARKER), /must have the head bbb/);
  await assert.rejects(putComment(pull, 'buy this'), /must begin with/);
  await assert.rejects(putComment(pull, MARKER + 'x'.repeat(60_000)), /at most 60000 characters/);
  assert.deepEqual(written, []);
});

test('the command writes the report with the previews of the stacks behind it, into one comment', async () => {
  commentsBefore([]);
  const directory = mkdtempSync(join(tmpdir(), 'headwater-comment-'));
  after(() => rmSync(directory, { recursive: true, force: true }));
  const report = join(directory, 'diff');
  const side = { name: 'the report' };
  const rest = { changes: [], environments: ['dev'], objects: {}, approved: [], unusedApprovals: [] };
  writeFileSync(report, JSON.stringify({ base: side, head: side, ...rest }));
  writeFileSync(join(directory, 'staging.json'), '{"changeSummary":{"same":3}}');
  writeFileSync(join(directory, 'production.json'), '');
  const main = join(import.meta.dirname, '../../../infra/diff/comment/main.ts');
  const env = { GITHUB_API_URL: pull.apiUrl, GITHUB_TOKEN: pull.token, GITHUB_REPOSITORY: pull.repository };
  const write = (stacks: string) =>
    promisify(execFile)(process.execPath, [main, report, '7', HEAD, stacks], { env });
  assert.equal((await write(directory)).stdout, 'comment made\n');
  await write(join(directory, 'none'));
  const [both, alone] = written.map(({ body }) => body);
  assert.match(
    both ?? '',
    /No manifest of any environment changes\.\n\n## What Pulumi does\n\nStack `production`: \*\*the preview failed\*\*\n[^]*Stack `staging`: nothing to do, 3 unchanged\n$/,
  );
  assert.match(alone ?? '', /^<!-- headwater-diff -->\n[^]*the report[^]*changes\.\n$/);
  writeFileSync(report, `${MARKER}\n@everyone\n`);
  await assert.rejects(write(join(directory, 'none')), /error: /);
  assert.equal(written.length, 2);
});
