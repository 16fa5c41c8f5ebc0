import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Duration } from 'cdk8s';
import { zookeeper, type KafkaMetadata } from '../../../../infra/constructs/kafka/kafka-metadata.ts';
import { find, valueAt } from '../../manifests.ts';
import { combined, containerOf, endpoint, fileOf, separate, synthesizeKafka } from './synthesized-kafka.ts';

test('a broker takes its id from its ordinal', () => {
  assert.match(fileOf(synthesizeKafka(), 'node-2.properties'), /^broker\.id=2$/m);
  assert.match(fileOf(synthesizeKafka({ metadata: combined }), 'node-2.properties'), /^node\.id=2$/m);
});

test('with combined controllers every broker votes, and formats its storage with one id', () => {
  const manifests = synthesizeKafka({ metadata: combined });
  const properties = fileOf(manifests, 'server.properties');
  assert.match(properties, /^process\.roles=broker,controller$/m);
  assert.match(
    properties,
    /^controller\.quorum\.voters=0@kafka-0\.kafka-brokers\.headwater\.svc\.cluster\.local:9090,1@.*,2@.*$/m,
  );
  const env = valueAt(containerOf(manifests), 'env') as { name: string; value?: string }[];
  assert.equal(env.find(({ name }) => name === 'CLUSTER_ID')?.value, 'c3RhZ2luZy1oZWFkd2F0ZQ');
  assert.doesNotMatch(properties, /zookeeper/);
});

test('separate controllers are a set of their own, with ids that no broker has', () => {
  const manifests = synthesizeKafka({ metadata: separate });
  assert.match(fileOf(manifests, 'server.properties'), /^process\.roles=broker$/m);
  assert.match(
    fileOf(manifests, 'server.properties', 'kafka-controller-config'),
    /^process\.roles=controller$/m,
  );
  assert.match(fileOf(manifests, 'node-0.properties', 'kafka-controller-config'), /^node\.id=100$/m);
  assert.equal(valueAt(find(manifests, 'StatefulSet', 'kafka-controller'), 'spec', 'replicas'), 3);
  const variables = valueAt(containerOf(manifests, 'kafka-controller'), 'env') as {
    name: string;
    value?: string;
  }[];
  assert.equal(variables.find(({ name }) => name === 'HEAP_MIB')?.value, '384');
});

test('the session of a broker is Kafka’s own unless it is said', () => {
  assert.doesNotMatch(fileOf(synthesizeKafka(), 'server.properties'), /session\.timeout/);
  const metadata: KafkaMetadata = zookeeper(endpoint, {
    version: '3.9.2',
    sessionTimeout: Duration.seconds(6),
  });
  assert.match(
    fileOf(synthesizeKafka({ metadata }), 'server.properties'),
    /^zookeeper\.session\.timeout\.ms=6000$/m,
  );
});
