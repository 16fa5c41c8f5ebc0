import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Duration, Size } from 'cdk8s';
import { kraft } from '../../../../infra/constructs/kafka/kafka-metadata.ts';
import {
  brokerProperties,
  controllerProperties,
  type ServerSettings,
} from '../../../../infra/constructs/kafka/kafka-properties.ts';

const settings: ServerSettings = {
  metadata: kraft({
    version: '4.4.0',
    clusterId: 'c3RhZ2luZy1oZWFkd2F0ZQ',
    controllers: {
      placement: 'separate',
      replicas: 3,
      volume: Size.gibibytes(10),
      cpuMillicores: 100,
      memory: Size.gibibytes(1),
    },
    sessionTimeout: Duration.seconds(7),
  }),
  brokers: 3,
  minInSyncReplicas: 2,
  maxMessage: Size.mebibytes(1),
  security: { protocol: 'plaintext' },
  exposure: { kind: 'none' },
  quorum: [],
};

test('a controller goes by the same replication, elections and sessions as the brokers', () => {
  const decided = {
    'auto.leader.rebalance.enable': true,
    'broker.session.timeout.ms': 7000,
    'default.replication.factor': 3,
    'min.insync.replicas': 2,
    'unclean.leader.election.enable': false,
  };
  assert.partialDeepStrictEqual(controllerProperties(settings), decided);
  assert.partialDeepStrictEqual(brokerProperties(settings), decided);
});
