// `node infra/diff/comment/main.ts FILE NUMBER COMMIT [STACKS]`: the report that a pull request's code wrote as JSON into
// FILE becomes the comment of pull request NUMBER, with what `pulumi preview --json` printed of each stack into
// STACKS/<stack>.json, if that directory is there. No text of theirs is Markdown in it.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { renderMarkdown } from '../render/render-markdown.ts';
import { foldStacks } from './fold-stacks.ts';
import { putComment } from './put-comment.ts';
import { readReport } from './read-report.ts';
import { readStackPreview, type StackPreview } from './stack-preview.ts';

/** More than any report has; a larger file is somebody's. */
const MOST_BYTES = 2 ** 25;

/** @throws {Error} where the file is larger than any report */
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

try {
  const [file = '', number = '', headCommit = '', stacks = ''] = process.argv.slice(2);
  if (!/^\d+$/.test(number)) throw new Error(`the pull request must be a number, got ${number}`);
  if (!/^[0-9a-f]{40}$/.test(headCommit))
    throw new Error(`the commit must be 40 hexadecimal digits, got ${headCommit}`);
  const { GITHUB_API_URL: apiUrl, GITHUB_TOKEN: token, GITHUB_REPOSITORY: repository } = process.env;
  if (apiUrl === undefined || token === undefined || repository === undefined) {
    throw new Error('GITHUB_API_URL, GITHUB_TOKEN and GITHUB_REPOSITORY must be set');
  }
  const pull = { apiUrl, token, repository, number: Number(number), headCommit };
  const comment = foldStacks(renderMarkdown(readReport(readText(file))), readStacks(stacks));
  console.log(`comment ${await putComment(pull, comment)}`);
} catch (error) {
  console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
