// `node infra/diff/comment/main.ts FILE NUMBER COMMIT`: the report in FILE becomes the comment of pull request NUMBER.
import { readFileSync } from 'node:fs';
import { putComment } from './put-comment.ts';

try {
  const [file = '', number = '', headCommit = ''] = process.argv.slice(2);
  if (!/^\d+$/.test(number)) throw new Error(`the pull request must be a number, got ${number}`);
  if (!/^[0-9a-f]{40}$/.test(headCommit))
    throw new Error(`the commit must be 40 hexadecimal digits, got ${headCommit}`);
  const { GITHUB_API_URL: apiUrl, GITHUB_TOKEN: token, GITHUB_REPOSITORY: repository } = process.env;
  if (apiUrl === undefined || token === undefined || repository === undefined) {
    throw new Error('GITHUB_API_URL, GITHUB_TOKEN and GITHUB_REPOSITORY must be set');
  }
  const pull = { apiUrl, token, repository, number: Number(number), headCommit };
  console.log(`comment ${await putComment(pull, readFileSync(file, 'utf8'))}`);
} catch (error) {
  console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
