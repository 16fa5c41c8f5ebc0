import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { adapt } from '../../../../infra/diff/causes/adapt.ts';
import type { Code } from '../../../../infra/diff/causes/checkout-code.ts';
import { showProperty } from '../../../../infra/diff/causes/cause.ts';
import type { Tree } from '../../../../infra/diff/tree.ts';

/** Code whose type of environment is another one than the base's. */
function codeOf(type: z.ZodType): Code {
  return { read: (value) => type.parse(value), synthesize: () => ({ objects: [], constructs: new Map() }) };
}

const head = codeOf(
  z.strictObject({
    kafka: z.strictObject({ brokers: z.int(), maxMessage: z.string(), rack: z.string().optional() }),
    producer: z.strictObject({ linger: z.string(), compression: z.string().optional() }),
  }),
);

function adapted(before: Tree, after: Tree) {
  const { type, properties } = adapt(before, after, head);
  return { type: type.map(showProperty), properties: properties.map(showProperty) };
}

const NOW = { kafka: { brokers: 3, maxMessage: '1Mi' }, producer: { linger: '1ms' } };

test('a value that the type has still is compared as it is', () => {
  assert.deepEqual(adapted({ ...NOW, producer: { linger: '5ms' } }, NOW), {
    type: [],
    properties: [{ path: 'producer.linger', before: '5ms', after: '1ms' }],
  });
});

test('a property that was renamed holds the same, and is no change of a value', () => {
  assert.deepEqual(adapted({ ...NOW, kafka: { brokers: 3, messageMaxSize: '1Mi' } }, NOW), {
    type: [{ path: 'kafka.maxMessage', before: '1Mi', after: '1Mi', movedFrom: 'kafka.messageMaxSize' }],
    properties: [],
  });
});

test('a property that was moved and has another value is both', () => {
  const before = { kafka: { brokers: 3, linger: '5ms', maxMessage: '1Mi' }, producer: {} };
  assert.deepEqual(adapted(before, { ...NOW, kafka: { ...NOW.kafka, brokers: 5 } }), {
    type: [{ path: 'producer.linger', before: '5ms', after: '5ms', movedFrom: 'kafka.linger' }],
    properties: [
      { path: 'kafka.brokers', before: 3, after: 5 },
      { path: 'producer.linger', before: '5ms', after: '1ms' },
    ],
  });
});

test('what the type demands besides, and what it has no longer, is said as that', () => {
  assert.deepEqual(adapted({ kafka: { brokers: 3, zookeeper: true }, producer: NOW.producer }, NOW), {
    type: [
      { path: 'kafka.maxMessage', after: '1Mi' },
      { path: 'kafka.zookeeper', before: true },
    ],
    properties: [],
  });
});
