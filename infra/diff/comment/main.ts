// `node infra/diff/comment/main.ts FILE NUMBER COMMIT [STACKS]`: the report in FILE becomes the comment of pull request
// NUMBER, with what `pulumi preview --json` printed of each stack into STACKS/<stack>.json, if that directory is there.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { foldStacks } from './fold-stacks.ts';
import { putComment } from './put-comment.ts';
import { readStackPreview, type StackPreview } from './stack-preview.ts';

function readStacks(directory: string): readonly StackPreview[] {
  if (!existsSync(directory)) return [];
  const names = readdirSync(directory).filter((name) => /^[\w.-]+\.json$/.test(name));
  return names
    .sort()
    .map((name) =>
      readStackPreview(name.slice(0, -'.json'.length), readFileSync(join(directory, name), 'utf8')),
    );
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
  const comment = foldStacks(readFileSync(file, 'utf8'), readStacks(stacks));
  console.log(`comment ${await putComment(pull, comment)}`);
} catch (error) {
  console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
