import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
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
    assert.match(
      refused.stderr,
      new RegExp(
        `approve it as ${change?.id ?? 'none'}, or all changes of its cause as ${causes[0]?.id ?? 'none'}\\)`,
      ),
    );

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

interface Told {
  readonly changes: readonly object[];
  readonly causes: readonly {
    readonly kind: string;
    readonly name?: string;
    readonly sentence: string;
    readonly environments: readonly string[];
  }[];
}

function toldOf(...args: readonly string[]): Told {
  const { status, stdout, stderr } = diff(...args, '--format', 'json');
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout) as Told;
}

test(
  'a property that the type of environment calls otherwise is told as renamed, and changes nothing',
  GIT,
  () => {
    git('checkout', '--quiet', '--force', 'HEAD');
    for (const file of globSync('infra/**/*.ts', { cwd: checkout })) {
      const text = readFileSync(join(checkout, file), 'utf8');
      if (text.includes('maxNodes'))
        writeFileSync(join(checkout, file), text.replaceAll('maxNodes', 'nodesAtMost'));
    }
    const { changes, causes } = toldOf('--base', 'HEAD');
    assert.deepEqual(changes, []);
    assert.deepEqual(
      causes.map(({ kind }) => kind),
      causes.map(() => 'type'),
    );
    assert.deepEqual(causes.flatMap(({ environments }) => environments).sort(), [
      'dev',
      'lab',
      'production',
      'staging',
    ]);
    assert.match(
      causes[0]?.sentence ?? '',
      /logging\.maxNodes is now called logging\.nodesAtMost; no manifest changes$/,
    );
    git('checkout', '--quiet', '--force', 'HEAD');
  },
);

test(
  'an environment that one side alone has is told as new or gone, also where it alone is asked for',
  GIT,
  () => {
    git('checkout', '--quiet', '--force', 'HEAD');
    edit('infra/environments/environments.ts', '  lab,\n', '');
    edit('infra/environments/environments.ts', "import { lab } from './lab.ts';\n", '');
    git('commit', '--quiet', '--all', '--message', 'without the lab');
    const gone = toldOf('--base', 'HEAD~1', '--environment', 'lab');
    const made = toldOf('--base', 'HEAD', '--head', 'HEAD~1', '--environment', 'lab');
    for (const [{ changes, causes }, name] of [
      [gone, 'removed'],
      [made, 'added'],
    ] as const) {
      assert.ok(changes.length > 40);
      assert.deepEqual(
        causes.map((cause) => [cause.kind, cause.name]),
        [['environment', name]],
      );
    }
    const unknown = diff('--base', 'HEAD', '--environment', 'labb');
    assert.equal(unknown.status, 2);
    assert.match(unknown.stderr, /--environment must be one of .*, got labb/);
    git('reset', '--quiet', '--hard', 'HEAD~1');
  },
);

test('what if: other values are judged without a file, and a question of bad values ends with 2', GIT, () => {
  const { causes } = toldOf('--set', 'kafka.brokers=5', '--environment', 'production');
  assert.match(
    causes[0]?.sentence ?? '',
    /^production: 5 brokers run instead of 3, .*volumes 660Gi → 1060Gi/,
  );
  const bad = diff('--set', 'kafka.brokrs=5');
  assert.deepEqual([bad.status, bad.stdout], [2, '']);
  assert.match(bad.stderr, /kafka\.brokrs: unknown key, did you mean brokers\?/);
});

test('Ctrl-C ends a comparison with 130 and leaves nothing behind', GIT, async () => {
  const temporary = join(directory, 'interrupted');
  mkdirSync(temporary);
  const child = spawn(process.execPath, ['infra/diff/main.ts', '--base', 'HEAD'], {
    cwd: checkout,
    env: { ...process.env, TMPDIR: temporary },
    stdio: 'ignore',
  });
  const exited = once(child, 'exit') as Promise<[number | null]>;
  const deadline = Date.now() + 60_000;
  while (globSync('headwater-diff-*/base-checkout', { cwd: temporary }).length === 0) {
    assert.ok(Date.now() < deadline && child.exitCode === null);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  child.kill('SIGINT');
  assert.equal((await exited)[0], 130);
  assert.equal(git('worktree', 'list').trim().split('\n').length, 1);
  assert.deepEqual(globSync('headwater-*', { cwd: temporary }), []);
});

test(
  'it watches: an edit is answered, one that does not synthesize is said, and Ctrl-C leaves nothing behind',
  GIT,
  async () => {
    const temporary = join(directory, 'temporary');
    mkdirSync(temporary);
    const child = spawn(process.execPath, ['infra/diff/main.ts', '--watch', '--environment', 'production'], {
      cwd: checkout,
      env: { ...process.env, TMPDIR: temporary },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (said += text));
    }
    /** Until it waits again, with what it said before. */
    const answered = async (): Promise<string> => {
      const deadline = Date.now() + 120_000;
      while (!said.includes('waiting for a change')) {
        assert.ok(Date.now() < deadline && child.exitCode === null, said);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      const text = said;
      said = '';
      return text;
    };
    try {
      assert.match(await answered(), /production: no changes/);
      edit('infra/environments/production.ts', "logVolume: '200Gi'", "logVolume: '300Gi'");
      assert.match(await answered(), /the volume of each broker grows from 200Gi to 300Gi/);
      edit('infra/environments/production.ts', "logVolume: '300Gi'", "logVolume: '1Gi'");
      assert.match(await answered(), /error: the head does not synthesize[^]*logVolume/);
      child.kill('SIGINT');
      const [code] = (await once(child, 'exit')) as [number | null];
      assert.equal(code, 0);
      assert.equal(git('worktree', 'list').trim().split('\n').length, 1);
      assert.deepEqual(
        readdirSync(temporary).filter((name) => name.startsWith('headwater-')),
        [],
      );
    } finally {
      child.kill('SIGKILL');
      git('checkout', '--quiet', '--force', 'HEAD');
    }
  },
);
