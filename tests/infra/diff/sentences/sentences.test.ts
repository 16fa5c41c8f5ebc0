import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Cause, CauseProperty } from '../../../../infra/diff/causes/cause.ts';
import { findRule, SENTENCES, sentenceOf, sentenceText } from '../../../../infra/diff/sentences/sentences.ts';
import { realChanges } from '../real-changes/real-changes.ts';
import { propertiesOf, sentenceExamples } from './examples.ts';

function cause(properties: readonly CauseProperty[], more: Partial<Cause> = {}): Cause {
  return { id: '0123456789ab', kind: 'properties', properties, environments: ['dev'], effects: {}, ...more };
}

function said(properties: readonly CauseProperty[], more: Partial<Cause> = {}): string {
  return sentenceText(sentenceOf(cause(properties, more)));
}

test('each rule has a name of its own and is reached by an example that an environment takes', () => {
  const ids = SENTENCES.map(({ id }) => id);
  assert.equal(new Set(ids).size, ids.length);
  const reached = sentenceExamples();
  assert.deepEqual(
    ids.filter((id) => !reached.has(id)),
    [],
  );
});

test('every real change of values has a sentence of a rule, with every value filled in', () => {
  for (const { what, environment, edit } of realChanges) {
    if (!('values' in edit)) continue;
    const properties = propertiesOf({ environment, values: edit.values });
    if (properties.some(({ path }) => path === 'edge.controller.webhookCertificate')) continue;
    assert.notEqual(findRule(properties), undefined, what);
  }
  for (const [id, properties] of sentenceExamples()) {
    assert.doesNotMatch(said(properties), /\{|\}|undefined|NaN|null/, id);
  }
});

test('values are said in a person’s units', () => {
  const cpu = { path: 'kafka.resources.cpuMillicores', before: 2000, after: 2500 };
  assert.equal(said([cpu]), 'each broker requests 2.5 cores of CPU instead of 2 cores');
  const expiry = { path: 'objectStore.expiryDays', before: 'never', after: 60 };
  assert.match(said([expiry]), /^stored objects expire after 60 days instead of never, and older ones/);
  const name = { path: 'topics.my.topic.retention', before: '90m', after: '2h' };
  assert.equal(said([name]), 'topic my.topic keeps records for 2h instead of 90m');
});

test('brokers that are opened are told with who may call them and on which ports', () => {
  const exposure = { kind: 'node-port', hosts: ['a', 'b', 'c'], firstNodePort: 31_000 };
  const properties = [
    { path: 'kafka.exposure', before: { kind: 'none' }, after: exposure },
    { path: 'network.kafkaClientCidrs', before: [], after: ['10.9.0.0/16'] },
  ];
  assert.equal(said(properties), 'brokers are opened to 10.9.0.0/16 on node ports 31000 to 31003');
});

test('where no rule has a sentence, the property stands there with its values', () => {
  assert.equal(
    said([
      { path: 'quotas.pipeline.memoryGi', before: 96, after: 128 },
      { path: 'logging.readsJournald', before: false, after: true },
    ]),
    'quotas.pipeline.memoryGi is 128Gi instead of 96Gi, logging.readsJournald is true instead of false',
  );
  assert.equal(
    said([{ path: 'images.registry', after: 'x.example/y' }]),
    'images.registry is x.example/y instead of its default',
  );
});

test('an image, code, the type of environment and an environment each have their words', () => {
  const image = { path: 'docker.io/a/b', before: 'v1@sha256:0', after: 'v2@sha256:1' };
  assert.equal(said([image], { kind: 'image' }), 'the image docker.io/a/b is v2 instead of v1');
  assert.equal(said([], { kind: 'code', name: 'Kafka' }), 'the code renders Kafka differently');
  assert.equal(said([], { kind: 'environment', name: 'removed' }), 'the environment is removed');
  assert.equal(
    said(
      [
        { path: 'kafka.maxMessage', before: '1Mi', after: '1Mi', movedFrom: 'kafka.messageMax' },
        { path: 'kafka.rack', after: 'none' },
        { path: 'kafka.old', before: 1 },
      ],
      { kind: 'type' },
    ),
    'kafka.messageMax is now called kafka.maxMessage, kafka.rack is required, and is none, kafka.old no longer exists (1)',
  );
});
