// `node infra/diff/comment/main.ts FILE NUMBER COMMIT [STACKS]`: writes the JSON report in FILE as the comment of pull
// request NUMBER, or in GitLab's CI as the note of that merge request. Appends the previews in STACKS/<stack>.json, the
// output of `pulumi preview --json`, if that directory exists. Both inputs are untrusted: no text in them becomes Markdown.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { renderMarkdown } from '../render/render-markdown.ts';
import { foldStacks } from './fold-stacks.ts';
import { putComment } from './put-comment.ts';
import { putNote } from './put-note.ts';
import { readReport } from './read-report.ts';
import { readStackPreview, type StackPreview } from './stack-preview.ts';

/** Larger than any report. A larger file is refused before it fills the memory. */
const MOST_BYTES = 2 ** 25;

/** @throws {Error} if the file is larger than any report */
function readText(file: string): string {
  const { size } = statSync(file);
  if (size > MOST_BYTES) throw new Error(`${file} must have at most ${MOST_BYTES} bytes, got ${size}`);
  return readFileSync(file, 'utf8');
}

function readStacks(directory: string): readonly StackPreview[] {
  if (!existsSync(directory)) return [];
  const names = readdirSync(directory).filter((name) => /^[\w.-]+\.json$/.test(name));
  return names
    .sort()
    .map((name) => readStackPreview(name.slice(0, -'.json'.length), readText(join(directory, name))));
}

/** Writes to the host whose variables are set. */
function put(number: number, headCommit: string, text: string): Promise<string> {
  const { GITHUB_API_URL, GITHUB_TOKEN, GITHUB_REPOSITORY } = process.env;
  const { CI_API_V4_URL, GITLAB_TOKEN, CI_PROJECT_ID } = process.env;
  if (CI_API_V4_URL !== undefined && GITLAB_TOKEN !== undefined && CI_PROJECT_ID !== undefined) {
    const merge = { apiUrl: CI_API_V4_URL, token: GITLAB_TOKEN, project: CI_PROJECT_ID, number, headCommit };
    return putNote(merge, text);
  }
  if (GITHUB_API_URL === undefined || GITHUB_TOKEN === undefined || GITHUB_REPOSITORY === undefined) {
    throw new Error(
      'GITHUB_API_URL, GITHUB_TOKEN and GITHUB_REPOSITORY must be set, or CI_API_V4_URL, GITLAB_TOKEN and CI_PROJECT_ID',
    );
  }
  const [apiUrl, token, repository] = [GITHUB_API_URL, GITHUB_TOKEN, GITHUB_REPOSITORY];
  return putComment({ apiUrl, token, repository, number, headCommit }, text);
}

try {
  const [file = '', number = '', headCommit = '', stacks = ''] = process.argv.slice(2);
  if (!/^\d+$/.test(number)) throw new Error(`the pull request must be a number, got ${number}`);
  if (!/^[0-9a-f]{40}$/.test(headCommit))
    throw new Error(`the commit must be 40 hexadecimal digits, got ${headCommit}`);
  const comment = foldStacks(renderMarkdown(readReport(readText(file))), readStacks(stacks));
  console.log(`comment ${await put(Number(number), headCommit, comment)}`);
} catch (error) {
  console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
