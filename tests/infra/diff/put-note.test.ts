import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { promisify } from 'node:util';
import { NOTE_LIMIT, putNote } from '../../../infra/diff/comment/put-note.ts';
import { readReport } from '../../../infra/diff/comment/read-report.ts';
import { renderJson } from '../../../infra/diff/render/render-json.ts';
import { MARKER, renderMarkdown } from '../../../infra/diff/render/render-markdown.ts';
import { GitLabStandIn } from './gitlab-stand-in.ts';
import { pullRequestReport } from './pull-request.ts';

const gitLab = new GitLabStandIn();
const apiUrl = await gitLab.listen();
after(() => gitLab.close());
beforeEach(() => (gitLab.notes = []));

const { TOKEN, USER, HEAD } = GitLabStandIn;
const merge = { apiUrl, token: TOKEN, project: '7', number: 3, headCommit: HEAD };

test('the first report is a new note, a later one is written into it, wherever it stands', async () => {
  gitLab.notes = Array.from({ length: 150 }, (_, id) => ({
    id,
    body: 'hello',
    system: false,
    author: { id: 1 },
  }));
  assert.equal(await putNote(merge, `${MARKER}\none`), 'made');
  assert.equal(await putNote(merge, `${MARKER}\ntwo`), 'edited');
  assert.deepEqual(
    gitLab.notes.filter(({ body }) => body !== 'hello').map(({ body }) => body),
    [`${MARKER}\ntwo`],
  );
});

test('a note of somebody else with the marker, and one of GitLab itself, are not edited', async () => {
  gitLab.notes = [
    { id: 1, body: MARKER, system: false, author: { id: USER + 1 } },
    { id: 2, body: MARKER, system: true, author: { id: USER } },
  ];
  assert.equal(await putNote(merge, MARKER), 'made');
  assert.equal(gitLab.notes.length, 3);
});

test('another head, no report, too long a text and a refusal of the host are errors, and nothing is written', async () => {
  await assert.rejects(putNote({ ...merge, headCommit: 'b'.repeat(40) }, MARKER), /must have the head bbb/);
  await assert.rejects(putNote(merge, 'buy this'), /must begin with/);
  await assert.rejects(putNote(merge, MARKER + 'x'.repeat(NOTE_LIMIT)), /at most 1000000 characters/);
  await assert.rejects(putNote({ ...merge, token: 'x' }, MARKER), /failed with status 401/);
  await assert.rejects(putNote({ ...merge, number: 4 }, MARKER), /failed with status 404/);
  assert.deepEqual(gitLab.notes, []);
});

test('the command writes the report as the note of a merge request', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'headwater-note-'));
  after(() => rmSync(directory, { recursive: true, force: true }));
  const file = join(directory, 'diff.json');
  const json = renderJson(await pullRequestReport());
  writeFileSync(file, json);
  const main = join(import.meta.dirname, '../../../infra/diff/comment/main.ts');
  const run = (env: Record<string, string>) =>
    promisify(execFile)(process.execPath, [main, file, '3', HEAD], { env });
  const { stdout } = await run({ CI_API_V4_URL: apiUrl, GITLAB_TOKEN: TOKEN, CI_PROJECT_ID: '7' });
  assert.equal(stdout, 'comment made\n');
  assert.equal(gitLab.notes[0]?.body, renderMarkdown(readReport(json)));
  await assert.rejects(run({ CI_API_V4_URL: apiUrl }), /GITLAB_TOKEN and CI_PROJECT_ID/);
});
