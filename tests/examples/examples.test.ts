import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { examples } from '../../examples/examples.ts';

const ROOT = join(import.meta.dirname, '../..');
const page = readFileSync(join(ROOT, 'examples/README.md'), 'utf8');

test('the table has every example, and no other', () => {
  const listed = [...page.matchAll(/^\| \[([\w-]+)\]\(\1\.ts\) /gm)].map(([, name]) => name);
  assert.deepEqual(listed, Object.keys(examples));
});

test('the command of the page makes an environment of its own of an example', async () => {
  const [, command = ''] = /## Copy one\n\n```sh\n([^]*?)```/.exec(page) ?? [];
  const directory = mkdtempSync(join(tmpdir(), 'headwater-examples-'));
  try {
    for (const folder of ['examples', 'infra/environments']) {
      cpSync(join(ROOT, folder), join(directory, folder), { recursive: true });
    }
    execFileSync('sh', ['-ec', command], { cwd: directory });
    const copy = pathToFileURL(join(directory, 'infra/environments/mine.ts'));
    const { mine } = (await import(copy.href)) as { readonly mine: unknown };
    assert.deepEqual(mine, { ...examples['small-cluster'], name: 'mine' });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
