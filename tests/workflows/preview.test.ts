import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { parse } from 'yaml';
import { parseOptions } from '../../infra/diff/options.ts';

const FILE = join(import.meta.dirname, '../../.github/workflows/preview.yml');
const { jobs } = parse(readFileSync(FILE, 'utf8')) as {
  readonly jobs: {
    readonly diff: { readonly steps: readonly { readonly name?: string; readonly run?: string }[] };
  };
};
const script = jobs.diff.steps.find(({ name }) => name === 'Compare with the target branch')?.run ?? '';

const directory = mkdtempSync(join(tmpdir(), 'headwater-preview-'));
after(() => rmSync(directory, { recursive: true, force: true }));

test('the step hands each label that approves to the gate, nothing else, and no pattern becomes a file', () => {
  const bin = join(directory, 'bin');
  writeFileSync(join(directory, 'approve-file'), '');
  mkdirSync(bin);
  writeFileSync(join(bin, 'npm'), '#!/bin/sh\nprintf "%s\\n" "$@" > arguments\n', { mode: 0o755 });
  const { status, stderr } = spawnSync('bash', ['-e', '-c', script], {
    cwd: directory,
    encoding: 'utf8',
    env: {
      PATH: `${bin}:/usr/bin:/bin`,
      BASE: 'c0ffee',
      NUMBER: '7',
      LABELS: 'bug approve-0123456789ab approve-* $(touch made)',
    },
  });
  assert.equal(status, 0, stderr);
  assert.equal(readFileSync(join(directory, 'preview/number'), 'utf8'), '7\n');
  const words = readFileSync(join(directory, 'arguments'), 'utf8').trimEnd().split('\n');
  const options = parseOptions(words.slice(words.indexOf('--') + 1));
  assert.deepEqual(options?.approved, ['0123456789ab', '*']);
  assert.deepEqual(options.failOn, ['data-at-risk', 'data-deleted-sooner']);
  assert.equal(options.base, 'c0ffee');
  assert.equal(options.head, 'HEAD');
});
