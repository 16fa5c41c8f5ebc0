import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { digestOf, parseKeys } from '../../apps/producer/sources/key-file.ts';

function keys(...args: readonly string[]) {
  const program = join(import.meta.dirname, '../../infra/keys.ts');
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], { encoding: 'utf8' });
  return { status, stdout, stderr };
}

test('a new key has 32 random bytes, and its line is one that the producer takes for it', () => {
  const made = [1, 2].map(() => {
    const { key, line } = JSON.parse(keys('--source', 'web', '--json').stdout) as {
      key: string;
      line: string;
    };
    assert.match(key, /^headwater_[\w-]{43}$/);
    assert.match(line, /^sha256:[\da-f]{64} # web, \d{4}-\d\d-\d\d$/);
    assert.deepEqual([...parseKeys(line)], [digestOf(key)]);
    return key;
  });
  assert.notEqual(made[0], made[1]);
});

test('for people it prints the same, and where the line goes', () => {
  const { status, stdout } = keys('--source', 'web');
  assert.equal(status, 0);
  const [, key = '', line = ''] =
    /^key {3}(\S+)\nline {2}(.+)\n\nThe client sends the key\./.exec(stdout) ?? [];
  assert.deepEqual([...parseKeys(line)], [digestOf(key)]);
});

const refused: Readonly<Record<string, readonly [args: readonly string[], message: string]>> = {
  'no source': [[], '--source must be the name of a source, at most 63 of a-z, 0-9 and -, got none'],
  'a name that is none': [
    ['--source', 'Web App'],
    '--source must be the name of a source, at most 63 of a-z, 0-9 and -, got Web App',
  ],
  'an option that does not exist': [['--sorce', 'web'], 'there is no option --sorce: did you mean --source?'],
  'an argument': [['web'], 'there are no arguments, got web'],
};

for (const [name, [args, message]] of Object.entries(refused)) {
  test(`${name}: exit code 2, what is allowed, and no key`, () => {
    assert.deepEqual(keys(...args), {
      status: 2,
      stdout: '',
      stderr: `error: ${message}\nnpx headwater keys new --help names all options\n`,
    });
  });
}
