import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { renderYaml } from '../../infra/constructs/workloads/render-yaml.ts';
import { ambiguousTexts } from '../infra/constructs/workloads/ambiguous-texts.ts';
import { buildLabProgram } from '../lab/toolchain.ts';

test('kubectl reads every text as it was rendered', async () => {
  const kubernetes = await buildLabProgram('kubernetes', { host: process, progress: () => undefined });
  const annotations = Object.fromEntries(
    ambiguousTexts(20_000).map((text, index) => [`text-${index}`, text]),
  );
  const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'texts', annotations } };
  const patch = ['patch', '--local', '--filename=-', '--type=merge', '--patch={}', '--output=json'];
  const { status, stdout, stderr } = spawnSync(kubernetes, ['kubectl', ...patch], {
    input: renderYaml(configMap),
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  assert.equal(status, 0, stderr);
  const read = JSON.parse(stdout) as typeof configMap;
  assert.deepEqual(read.metadata.annotations, annotations);
});
