import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readEnvironment } from '../../../infra/environments/read-environment.ts';
import { buildPlatform } from '../../../infra/platform.ts';
import { allEnvironments } from '../all-environments.ts';
import { changed } from './refusal.ts';
import { refusals } from './refusals.ts';

/** Every line of the error with which a value is refused. */
function errorLines(value: unknown): readonly string[] {
  try {
    buildPlatform(readEnvironment(value));
  } catch (error) {
    assert.ok(error instanceof Error);
    return error.message.split('\n').slice(1);
  }
  return [];
}

for (const refusal of refusals) {
  test(`refused: ${refusal.configuration}`, () => {
    assert.ok(
      errorLines(changed(refusal)).includes(`- ${refusal.message}`),
      [`expected: - ${refusal.message}`, 'got:', ...errorLines(changed(refusal))].join('\n'),
    );
  });
}

test('every environment and every example is accepted as it is', () => {
  for (const environment of Object.values(allEnvironments)) assert.deepEqual(errorLines(environment), []);
});

test('all that is wrong is named at once', () => {
  const lines = errorLines(
    changed({
      changes: {
        'topics.events.replicationFactor': 4,
        'kafka.heap': '8Gi',
        'objectStore.expiryDays': 1,
        'producer.maxBody': '2Mi',
      },
    }),
  );
  assert.deepEqual(
    lines.map((line) => line.replace(/ must be .*/, '')),
    [
      '- kafka: heap',
      '- topic events: replicationFactor',
      '- environment: producer.maxBody',
      '- environment: objectStore.expiryDays',
    ],
  );
});

test('all that is not well formed is named at once', () => {
  const lines = errorLines(
    changed({ changes: { 'kafka.brokers': 'three', 'kafka.brokerz': 3, strict: 'yes' } }),
  );
  assert.deepEqual(lines, [
    '- strict: must be true or false, got "yes"',
    '- kafka.brokers: must be a number, got "three"',
    '- kafka.brokerz: unknown key, did you mean brokers?',
  ]);
});
