import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  listenerProperties,
  protocolMap,
  type KafkaExposure,
  type KafkaNode,
  type KafkaSecurity,
} from '../../../../infra/constructs/kafka/kafka-listeners.ts';

const broker: KafkaNode = {
  id: 1,
  ordinal: 1,
  host: 'kafka-1.kafka-brokers.headwater.svc.cluster.local',
  roles: ['broker'],
};
const plaintext: KafkaSecurity = { protocol: 'plaintext' };
const scram: KafkaSecurity = {
  protocol: 'tls',
  certificateSecret: 'kafka-certificate-v1',
  clientAuthentication: 'scram-sha-512',
};
const unexposed: KafkaExposure = { kind: 'none' };

test('inside the cluster a broker advertises the name that its headless Service resolves', () => {
  assert.deepEqual(listenerProperties(broker, plaintext, unexposed), {
    listeners: 'REPLICATION://:9091,CLIENTS://:9092',
    'advertised.listeners':
      'REPLICATION://kafka-1.kafka-brokers.headwater.svc.cluster.local:9091,CLIENTS://kafka-1.kafka-brokers.headwater.svc.cluster.local:9092',
  });
});

test('with TLS clients have another port, so that a plain client fails at once', () => {
  const { listeners } = listenerProperties(broker, scram, unexposed);
  assert.equal(listeners, 'REPLICATION://:9091,CLIENTS://:9093');
});

test('exposed by NodePort, a broker advertises its own node name and its own port', () => {
  const exposure: KafkaExposure = {
    kind: 'node-port',
    hosts: ['a.example.com', 'b.example.com'],
    firstNodePort: 30_100,
  };
  const { 'advertised.listeners': advertised } = listenerProperties(broker, plaintext, exposure);
  assert.match(advertised ?? '', /,EXTERNAL:\/\/b\.example\.com:30102$/);
});

test('exposed by load balancer, a broker advertises the name of its own balancer', () => {
  const exposure: KafkaExposure = {
    kind: 'load-balancer',
    hosts: ['kafka-0.example.com', 'kafka-1.example.com'],
    bootstrapHost: 'kafka.example.com',
  };
  const { 'advertised.listeners': advertised } = listenerProperties(broker, scram, exposure);
  assert.match(advertised ?? '', /,EXTERNAL:\/\/kafka-1\.example\.com:9094$/);
});

test('a node that only keeps metadata advertises nothing: the list of the quorum names it', () => {
  const controller: KafkaNode = { id: 100, ordinal: 0, host: 'kafka-controller-0', roles: ['controller'] };
  assert.deepEqual(listenerProperties(controller, plaintext, unexposed), { listeners: 'CONTROLLER://:9090' });
});

test('every listener that a node binds or calls has a protocol', () => {
  const exposure: KafkaExposure = { kind: 'node-port', hosts: ['a.example.com'], firstNodePort: 30_100 };
  assert.deepEqual(protocolMap(scram, exposure, true), {
    'listener.security.protocol.map': 'CONTROLLER:SSL,REPLICATION:SSL,CLIENTS:SASL_SSL,EXTERNAL:SASL_SSL',
  });
  assert.deepEqual(protocolMap(plaintext, unexposed, false), {
    'listener.security.protocol.map': 'REPLICATION:PLAINTEXT,CLIENTS:PLAINTEXT',
  });
});
