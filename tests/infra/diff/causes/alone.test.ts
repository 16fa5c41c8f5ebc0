import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { attribute, mergeAttributions } from '../../../../infra/diff/causes/attribute.ts';
import { loadCode, type Code } from '../../../../infra/diff/causes/checkout-code.ts';
import type { ManifestObject } from '../../../../infra/diff/objects.ts';
import { tellCauses } from '../../../../infra/diff/render/cause-text.ts';
import { sentenceText } from '../../../../infra/diff/sentences/sentences.ts';
import type { Tree, TreeMap } from '../../../../infra/diff/tree.ts';
import { environments } from '../../../../infra/environments/environments.ts';
import { changed } from '../../refused/refusal.ts';
import { plain } from '../pull-request.ts';

/** What is said of a change of values, by the code that makes objects of them. */
function tell(code: Code, before: Tree, after: Tree) {
  const sideOf = (value: Tree) => ({ value, objects: code.synthesize(value).objects });
  const sides = { environment: 'production', before: sideOf(before), after: sideOf(after) };
  const { changes, causes } = mergeAttributions(new Map([['production', attribute(sides, code)]]));
  return tellCauses({
    ...{ base: { name: 'base' }, head: { name: 'head' }, environments: ['production'], changes, causes },
    ...{ objects: {}, approved: [], unusedApprovals: [] },
  }).map(({ consequence, cause, clauses }) => ({
    consequence,
    properties: cause.properties.map(({ path }) => path),
    alone: cause.effects['production']?.alone,
    text: clauses.map((clause) => sentenceText(clause)).find((clause) => clause.startsWith('alone ')),
  }));
}

/** Code whose one object is made of the value by a function. */
function codeOf(make: (value: TreeMap) => object): Code {
  return {
    read: (value) => value,
    synthesize: (value) => {
      const object = {
        apiVersion: 'apps/v1',
        metadata: { name: 'it', namespace: 'it' },
        ...make(value as TreeMap),
      };
      return { objects: [object as unknown as ManifestObject], constructs: new Map() };
    },
  };
}

test('properties that are harmless each are told as what they are together', () => {
  const code = codeOf(({ first, second }) => ({
    kind: 'StatefulSet',
    spec: {
      replicas: first === 'small' && second === 'small' ? 1 : 3,
      volumeClaimTemplates: [{ metadata: { name: 'data' } }],
    },
  }));
  const [told, ...others] = tell(
    code,
    { first: 'large', second: 'large' },
    { first: 'small', second: 'small' },
  );
  assert.deepEqual(others, []);
  assert.deepEqual(told, {
    consequence: 'data-at-risk',
    properties: ['first', 'second'],
    alone: [{ path: 'first' }, { path: 'second' }],
    text: 'alone first changes no manifest and second changes no manifest, together they are replaced: data at risk',
  });
});

test('of a property whose own change another one hides, that is told', () => {
  const code = codeOf(({ value, override }) => ({
    kind: 'Deployment',
    spec: { replicas: override ?? value },
  }));
  const told = tell(code, { value: 1, override: null }, { value: 2, override: 5 });
  assert.deepEqual(told, [
    { consequence: 'capacity', properties: ['override'], alone: undefined, text: undefined },
    {
      consequence: 'nothing',
      properties: ['value'],
      alone: [{ path: 'value', consequence: 'capacity' }],
      text: 'alone value is capacity, which other changes hide',
    },
  ]);
});

test('a property that does not synthesize alone is told with the reason, and with what makes it possible', async () => {
  const code = await loadCode(join(import.meta.dirname, '../../../..'));
  // 100 GiB a broker are too small for what the topics keep, unless there are more brokers.
  const changes = { 'kafka.brokers': 5, 'kafka.logVolume': '100Gi' };
  const after = changed({ environment: 'production', changes }) as Tree;
  const told = tell(code, plain(environments.production), after);
  const both = told.find(({ properties }) => properties.length === 2);
  assert.equal(both?.consequence, 'data-at-risk');
  assert.match(
    both.text ?? '',
    /^alone kafka\.brokers is capacity and kafka\.logVolume does not synthesize \(.*logVolume.*\), together they are replaced: data at risk$/,
  );
});
