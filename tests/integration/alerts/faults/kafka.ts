import type { Environment } from '../../../../infra/environments/environment.ts';
import { of, up, type Fault } from './fault.ts';

/** Of brokers, and of what keeps their metadata. */
export function kafkaFaults({ namespaces, kafka }: Environment): readonly Fault[] {
  const { pipeline } = namespaces;
  const brokers = `${pipeline}/kafka-broker`;
  const producers = `${pipeline}/producer-collection`;
  const separate = kafka.metadata.mode === 'kraft';
  const kafkaMetrics = /^(kafka_server|kafka_controller)_/;
  return [
    {
      alert: 'KafkaBrokersDown',
      what: 'no broker is there any more, and no producer is ready for it',
      changes: [
        [up(brokers), 'absent'],
        ...(separate ? ([[/^kafka_server_/, 'absent']] as const) : ([[kafkaMetrics, 'absent']] as const)),
        [of('headwater_ready', producers), 0],
      ],
      also: ['ProducersNotReady'],
      almost: 'one of three is away',
      almostChanges: [[up(brokers, '1'), 'absent']],
    },
    {
      alert: 'KafkaBrokersDown',
      what: 'two of three do not answer',
      changes: [[up(brokers, '0|1'), 0]],
      almost: 'one of three does not answer',
      almostChanges: [[up(brokers, '1'), 0]],
    },
    {
      alert: 'KafkaBrokersMissing',
      what: 'there is none at all',
      changes: [[up(brokers), 'absent']],
      also: 'any',
      almost: 'none is there for ten minutes',
      almostChanges: [[up(brokers), { samples: 'stale _x8 1x118' }]],
    },
    {
      alert: 'KafkaBrokersMissing',
      what: 'one of three is away for long',
      changes: [[up(brokers, '1'), 'absent']],
      almost: 'one of three is away again and again, as in a roll',
      almostChanges: [[up(brokers, '1'), { samples: '0x12 1x1 0x12 1x1 0x12 1x90' }]],
    },
    {
      alert: 'KafkaPartitionsOffline',
      what: 'the controller counts partitions without a leader',
      changes: [[of('kafka_controller_kafkacontroller_offlinepartitionscount', 'pod=".*-0"'), 2]],
      almost: 'for less than a minute',
      almostChanges: [
        [of('kafka_controller_kafkacontroller_offlinepartitionscount', 'pod=".*-0"'), { samples: '2 0x127' }],
      ],
    },
    {
      alert: 'KafkaPartitionsUnderMinInSync',
      what: 'a leader counts partitions that refuse writes',
      changes: [[of('kafka_server_replicamanager_underminisrpartitioncount', 'pod=".*-0"'), 1]],
      almost: 'for a minute',
      almostChanges: [
        [of('kafka_server_replicamanager_underminisrpartitioncount', 'pod=".*-0"'), { samples: '1x1 0x126' }],
      ],
    },
    {
      alert: 'KafkaPartitionsUnderReplicated',
      what: 'a leader misses followers for long',
      changes: [[of('kafka_server_replicamanager_underreplicatedpartitions', 'pod=".*-2"'), 4]],
      almost: 'for as long as a roll',
      almostChanges: [
        [
          of('kafka_server_replicamanager_underreplicatedpartitions', 'pod=".*-2"'),
          { samples: '4x25 0x2 4x25 0x72' },
        ],
      ],
    },
    {
      alert: 'KafkaControllersNotOne',
      what: 'no controller is active',
      changes: [[of('kafka_controller_kafkacontroller_activecontrollercount'), 0]],
      almost: 'another one is',
      almostChanges: [
        [of('kafka_controller_kafkacontroller_activecontrollercount', 'pod=".*-0"'), 0],
        [of('kafka_controller_kafkacontroller_activecontrollercount', 'pod=".*-1"'), 1],
      ],
    },
    {
      alert: 'ZooKeeperQuorumLost',
      what: 'two of three servers are gone',
      changes: [
        [up(`${pipeline}/zookeeper-server`, '0|1'), 'absent'],
        [of('synced_followers'), 'absent'],
      ],
      almost: 'one of three is gone, and another leads',
      almostChanges: [
        [up(`${pipeline}/zookeeper-server`, '0'), 'absent'],
        [of('synced_followers'), 'absent'],
        [`synced_followers{job="${pipeline}/zookeeper-server",namespace="${pipeline}",pod="zookeeper-1"}`, 1],
      ],
    },
    {
      alert: 'ZooKeeperQuorumLost',
      what: 'all servers answer, and none leads',
      changes: [[of('synced_followers'), 'absent']],
      almost: 'one leads one',
      almostChanges: [[of('synced_followers'), 1]],
    },
    {
      alert: 'ZooKeeperServersMissing',
      what: 'there is none at all',
      changes: [[up(`${pipeline}/zookeeper-server`), 'absent']],
      also: 'any',
      almost: 'none is there for ten minutes',
      almostChanges: [[up(`${pipeline}/zookeeper-server`), { samples: 'stale _x8 1x118' }]],
    },
    {
      alert: 'ZooKeeperServersMissing',
      what: 'one of three is away for long',
      changes: [[up(`${pipeline}/zookeeper-server`, '2'), 'absent']],
      almost: 'for ten minutes',
      almostChanges: [[up(`${pipeline}/zookeeper-server`, '2'), { samples: '0x9 1x118' }]],
    },
    {
      alert: 'KafkaControllersDown',
      what: 'there is none at all',
      changes: [[up(`${pipeline}/kafka-controller`), 'absent']],
      almost: 'none is there for two minutes',
      almostChanges: [[up(`${pipeline}/kafka-controller`), { samples: 'stale _x1 1x118' }]],
    },
    {
      alert: 'KafkaControllersDown',
      what: 'two of three controllers are gone',
      changes: [[up(`${pipeline}/kafka-controller`, '1|2'), 'absent']],
      almost: 'one of three is gone',
      almostChanges: [[up(`${pipeline}/kafka-controller`, '1'), 'absent']],
    },
    {
      alert: 'KafkaControllersMissing',
      what: 'there is none at all',
      changes: [[up(`${pipeline}/kafka-controller`), 'absent']],
      also: 'any',
      almost: 'none is there for ten minutes',
      almostChanges: [[up(`${pipeline}/kafka-controller`), { samples: 'stale _x8 1x118' }]],
    },
    {
      alert: 'KafkaControllersMissing',
      what: 'one of three controllers is away for long',
      changes: [[up(`${pipeline}/kafka-controller`, '1'), 'absent']],
      almost: 'for ten minutes',
      almostChanges: [[up(`${pipeline}/kafka-controller`, '1'), { samples: '0x9 1x118' }]],
    },
  ];
}
