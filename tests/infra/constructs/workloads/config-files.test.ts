import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ConfigFiles,
  renderProperties,
  type ConfigFilesProps,
} from '../../../../infra/constructs/workloads/config-files.ts';
import { find, synthesize, valueAt } from '../../manifests.ts';

const minimal: ConfigFilesProps = {
  name: 'store-config',
  namespace: 'headwater',
  identity: { name: 'store', component: 'server' },
  files: { 'b.txt': '2', 'a.txt': '1' },
};

function annotationsOf(changes: Partial<ConfigFilesProps> = {}): unknown {
  let annotations: unknown;
  synthesize((chart) => {
    annotations = new ConfigFiles(chart, 'Config', { ...minimal, ...changes }).podAnnotations;
  });
  return annotations;
}

test('takes every property', () => {
  const props: Required<ConfigFilesProps> = { ...minimal, rolling: { 'a.txt': '1' } };
  const map = find(
    synthesize((chart) => new ConfigFiles(chart, 'Config', props)),
    'ConfigMap',
    'store-config',
  );
  assert.deepEqual(valueAt(map, 'data'), { 'a.txt': '1', 'b.txt': '2' });
});

test('a changed file, and a file of another name, roll the pods; the order of files does not', () => {
  assert.notDeepEqual(annotationsOf({ files: { 'a.txt': '1', 'b.txt': '3' } }), annotationsOf());
  assert.notDeepEqual(annotationsOf({ files: { 'a.txt': '1', 'c.txt': '2' } }), annotationsOf());
  assert.deepEqual(annotationsOf({ files: { 'a.txt': '1', 'b.txt': '2' } }), annotationsOf());
});

test('only what must roll the pods does', () => {
  const rolling = { 'a.txt': '1' };
  assert.deepEqual(
    annotationsOf({ rolling, files: { 'a.txt': '1', 'b.txt': '9' } }),
    annotationsOf({ rolling }),
  );
});

test('properties are sorted, one a line, with backslashes that Java reads back', () => {
  assert.equal(renderProperties({ b: 'x\\y', a: true, c: 3 }), 'a=true\nb=x\\\\y\nc=3\n');
});
