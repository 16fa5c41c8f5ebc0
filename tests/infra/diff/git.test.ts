import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Git } from '../../../infra/diff/git.ts';
import { needs } from '../../runner/needs.ts';

const GIT = needs('git');

const directory = mkdtempSync(join(tmpdir(), 'headwater-git-'));
after(() => rmSync(directory, { recursive: true, force: true }));

const repository = join(directory, 'repository');
mkdirSync(repository);
function git(at: string, ...args: readonly string[]): string {
  const who = ['-c', 'user.name=test', '-c', 'user.email=test@example.com'];
  return execFileSync('git', ['-C', at, ...who, ...args], { encoding: 'utf8', stdio: 'pipe' }).trim();
}
before(() => {
  if (GIT.skip !== undefined) return;
  git(repository, 'init', '--quiet', '--initial-branch=main');
  for (const text of ['one', 'two']) {
    writeFileSync(join(repository, 'file'), text);
    git(repository, 'add', 'file');
    git(repository, 'commit', '--quiet', '--message', text);
  }
});

test(
  'a revision that is unknown is refused by name, and one that looks like an option too',
  GIT,
  async () => {
    const known = new Git(repository);
    assert.equal(await known.resolve('--base', 'main'), git(repository, 'rev-parse', 'main'));
    await assert.rejects(
      known.resolve('--base', 'mian'),
      /^Error: --base must be a revision of this repository, got mian$/,
    );
    await assert.rejects(known.resolve('--base', '--all'), /got --all$/);
  },
);

test('in a shallow clone the missing history is named as the likely cause', GIT, async () => {
  const shallow = join(directory, 'shallow');
  execFileSync('git', ['clone', '--quiet', '--depth=1', `file://${repository}`, shallow], { stdio: 'pipe' });
  await assert.rejects(
    new Git(shallow).resolve('--base', 'HEAD~1'),
    /^Error: --base must be a revision of this repository, got HEAD~1: this clone is shallow and may lack it; git fetch --unshallow \(or fetch-depth: 0\) brings the rest$/,
  );
});

test('outside a repository it is said that there is none', GIT, async () => {
  await assert.rejects(
    new Git(directory).requireRepository(),
    new RegExp(`^Error: ${directory} must be in a git repository: the base is read from it$`),
  );
  await new Git(repository).requireRepository();
});

test('without git it is said that it must be installed', () => {
  const module = join(import.meta.dirname, '../../../infra/diff/git.ts');
  const code = `const { Git } = await import(${JSON.stringify(module)}); await new Git('.').requireRepository();`;
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', code], {
    encoding: 'utf8',
    env: { PATH: '/nowhere' },
  });
  assert.equal(status, 1);
  assert.match(stderr, /^Error: git must be installed: the base is read from the repository$/m);
});

test('a work tree that is not as committed is seen', GIT, async () => {
  const clean = new Git(repository);
  assert.equal(await clean.isDirty(), false);
  writeFileSync(join(repository, 'other'), '');
  assert.equal(await clean.isDirty(), true);
});

test('a work tree of another commit is made beside, and leaves nothing behind', GIT, async () => {
  const work = new Git(repository);
  const path = join(directory, 'work');
  await work.addWorktree(path, await work.resolve('--base', 'HEAD~1'));
  assert.equal(git(path, 'show', 'HEAD:file'), 'one');
  await work.removeWorktree(path);
  assert.equal(git(repository, 'worktree', 'list').split('\n').length, 1);
});
