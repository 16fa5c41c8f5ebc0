import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { renderYaml } from '../../infra/constructs/render-yaml.ts';
import { LabToolchain } from '../lab/toolchain.ts';
import { installTools } from '../policies/linters/tools.ts';
import { ambiguousTexts } from '../infra/constructs/ambiguous-texts.ts';

/** A ConfigMap that has each text as the value of an annotation. */
const texts = ambiguousTexts(20_000);
const annotations = Object.fromEntries(texts.map((text, index) => [`text-${index}`, text]));
const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'texts', annotations } };

function run(command: readonly string[], input: string, environment: Readonly<Record<string, string>> = {}) {
  const [program = '', ...args] = command;
  const { status, stdout, stderr } = spawnSync(program, args, {
    input,
    encoding: 'utf8',
    env: { ...process.env, ...environment },
    maxBuffer: 64 * 1024 * 1024,
  });
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout) as typeof configMap;
}

test('kubectl reads every text as it was rendered', async () => {
  const kubernetes = await new LabToolchain({ host: process }).build('kubernetes');
  const patch = ['patch', '--local', '--filename=-', '--type=merge', '--patch={}', '--output=json'];
  const read = run([kubernetes, 'kubectl', ...patch], renderYaml(configMap));
  assert.deepEqual(read.metadata.annotations, annotations);
});

test('PyYAML reads every text and every key as they were rendered', async () => {
  const { environment } = await installTools(process, () => undefined);
  const program = 'import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin.buffer), sys.stdout)';
  const keys = Object.fromEntries(texts.map((text) => [text, text]));
  const read: unknown = run(['python3', '-c', program], renderYaml(keys), environment);
  assert.deepEqual(read, keys);
});
