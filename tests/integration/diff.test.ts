import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { needs } from '../runner/needs.ts';

const GIT = needs('git');
const ROOT = join(import.meta.dirname, '../..');
const directory = mkdtempSync(join(tmpdir(), 'headwater-diff-test-'));
after(() => rmSync(directory, { recursive: true, force: true }));

const checkout = join(directory, 'checkout');
function git(...args: readonly string[]): string {
  const who = ['-c', 'user.name=test', '-c', 'user.email=test@example.com'];
  return execFileSync('git', ['-C', checkout, ...who, ...args], { encoding: 'utf8', stdio: 'pipe' });
}
before(() => {
  if (GIT.skip !== undefined) return;
  execFileSync('git', ['clone', '--quiet', `file://${ROOT}`, checkout], { stdio: 'pipe' });
  symlinkSync(join(ROOT, 'node_modules'), join(checkout, 'node_modules'));
  writeFileSync(join(checkout, '.git/info/exclude'), 'node_modules\n');
});

function diff(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['infra/diff/main.ts', ...args], {
    cwd: checkout,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

function edit(file: string, from: string, to: string): void {
  const path = join(checkout, file);
  const text = readFileSync(path, 'utf8');
  assert.ok(text.includes(from), `${file} must contain ${from}`);
  writeFileSync(path, text.replace(from, to));
}

interface Output {
  readonly causes: readonly {
    readonly id: string;
    readonly properties: readonly { readonly path: string }[];
  }[];
  readonly changes: readonly { readonly id: string; readonly consequence: string; readonly object: string }[];
  readonly head: { readonly dirty?: boolean };
}

test('a clean tree has no change from its own commit', GIT, () => {
  const { status, stdout, stderr } = diff('--base', 'HEAD', '--format', 'json');
  assert.equal(status, 0, stderr);
  assert.deepEqual((JSON.parse(stdout) as Output).changes, []);
  assert.equal(git('worktree', 'list').trim().split('\n').length, 1);
});

test(
  'what is not committed is judged, a gate refuses it, and an approval of this very change lets it pass',
  GIT,
  () => {
    edit('infra/environments/production.ts', "logVolume: '200Gi'", "logVolume: '150Gi'");
    const gate = [
      '--base',
      'HEAD',
      '--environment',
      'production',
      '--format',
      'json',
      '--fail-on',
      'data-at-risk',
    ];
    const refused = diff(...gate);
    assert.equal(refused.status, 1, refused.stderr);
    const { changes, causes, head } = JSON.parse(refused.stdout) as Output;
    assert.deepEqual(
      causes.map(({ properties }) => properties.map(({ path }) => path)),
      [['kafka.logVolume']],
    );
    assert.equal(diff(...gate, '--approve', causes[0]?.id ?? '').status, 0);
    assert.equal(diff(...gate, '--approve', '0123456789ab').status, 1);
    assert.equal(head.dirty, true);
    assert.deepEqual(
      changes.map(({ consequence, object }) => [consequence, object]),
      [['data-at-risk', 'StatefulSet headwater/kafka']],
    );
    const [change] = changes;
    assert.match(refused.stderr, new RegExp(`approve it as ${change?.id ?? 'none'}`));

    const approval = { id: change?.id, change: 'StatefulSet headwater/kafka', reason: 'test' };
    writeFileSync(join(checkout, 'infra/diff/approvals.json'), JSON.stringify([approval]));
    assert.equal(diff(...gate).status, 0);
    rmSync(join(checkout, 'infra/diff/approvals.json'));
  },
);

test('a base that does not synthesize is said, and a gate refuses', GIT, () => {
  edit('infra/environments/production.ts', "logVolume: '150Gi'", "logVolume: '1Gi'");
  git('commit', '--quiet', '--all', '--message', 'broken');
  git('revert', '--no-edit', 'HEAD');
  const said = diff('--base', 'HEAD~1', '--environment', 'production');
  assert.equal(said.status, 0, said.stderr);
  assert.match(
    said.stdout,
    /The base does not synthesize[\s\S]*logVolume[\s\S]*The head synthesizes: production \d+ objects/,
  );
  assert.equal(diff('--base', 'HEAD~1', '--environment', 'production', '--fail-on', 'nothing').status, 1);

  const head = diff('--base', 'HEAD', '--head', 'HEAD~1', '--environment', 'production');
  assert.equal(head.status, 2);
  assert.match(head.stderr, /the head does not synthesize[\s\S]*logVolume/);
});

test('an unknown revision ends with 2', GIT, () => {
  const { status, stdout, stderr } = diff('--base', 'nowhere');
  assert.equal(status, 2);
  assert.equal(stdout, '');
  assert.match(stderr, /--base must be a revision of this repository, got nowhere/);
});
