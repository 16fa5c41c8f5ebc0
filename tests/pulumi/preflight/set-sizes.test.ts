import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Environment } from '../../../infra/environments/environment.ts';
import { production } from '../../../infra/environments/production.ts';
import { staging } from '../../../infra/environments/staging.ts';
import { deployUnderMocks, type DeployedUnderMocks } from '../program/stacks.ts';

/** Deploys an environment to a cluster in which sets of these sizes run. */
function deployOnto(
  sets: Readonly<Record<string, number>>,
  environment: Environment,
): Promise<DeployedUnderMocks> {
  const replicas = new Map(Object.entries(sets).map(([name, count]) => [`headwater/${name}`, count]));
  return deployUnderMocks({ stack: environment.name, environment, cluster: { replicas } });
}

function withBrokers(environment: Environment, brokers: number): Environment {
  return { ...environment, kafka: { ...environment.kafka, brokers } };
}

const combined = structuredClone(staging);
if (combined.kafka.metadata.mode === 'kraft') combined.kafka.metadata.controllers = { placement: 'combined' };

test('fewer brokers are refused, with the brokers that would go and what to do', async () => {
  const { error, registered } = await deployOnto({ kafka: 5, zookeeper: 3 }, production);
  assert.equal(
    error,
    'stack production is not touched:\n' +
      '- StatefulSet headwater/kafka: kafka.brokers must be at least the 5 that run, got 3: brokers 3, 4 may hold the last replica of a partition, and nothing moves it: set it back, or empty them as docs/kafka.md says, then kubectl --context a-context --namespace headwater scale statefulset kafka --replicas 3, and repeat',
  );
  assert.deepEqual(registered, []);
});

test('brokers that were scaled away by hand are no longer in the way', async () => {
  const { error, warnings } = await deployOnto({ kafka: 3, zookeeper: 3 }, production);
  assert.deepEqual([error, warnings], [undefined, []]);
});

test('a new broker is told to keep nothing of what exists', async () => {
  const { error, warnings } = await deployOnto({ kafka: 3, zookeeper: 3 }, withBrokers(production, 4));
  assert.equal(error, undefined);
  assert.deepEqual(warnings, [
    'StatefulSet headwater/kafka: kafka.brokers is 4, 3 run: broker 3 will hold new topics alone, and nothing of those that exist until replicas are moved there: docs/kafka.md',
  ]);
});

for (const [what, sets, environment, says] of [
  ['fewer servers of an ensemble', { zookeeper: 5 }, production, 'ensemble.servers must stay 5'],
  ['more servers of an ensemble', { zookeeper: 1 }, production, 'ensemble.servers must stay 1'],
  ['fewer controllers', { 'kafka-controller': 5 }, staging, 'controllers.replicas must stay 5'],
  ['more controllers', { 'kafka-controller': 1 }, staging, 'controllers.replicas must stay 1'],
  ['more brokers that are controllers', { kafka: 1 }, combined, 'kafka.brokers must stay 1'],
  ['fewer brokers that are controllers', { kafka: 5 }, combined, 'kafka.brokers must stay 5'],
] as const) {
  test(`${what} than run are refused: empty ones could outvote those with the data`, async () => {
    const { error = '' } = await deployOnto(sets, environment);
    assert.match(
      error,
      new RegExp(`${says} on a cluster that exists, got 3: empty servers could be a majority`),
    );
  });
}

test('a set that does not run, or was scaled to nothing, is made as it is wanted', async () => {
  for (const sets of [{}, { kafka: 0, zookeeper: 0 }]) {
    const { error, warnings } = await deployOnto(sets, production);
    assert.deepEqual([error, warnings], [undefined, []]);
  }
});
