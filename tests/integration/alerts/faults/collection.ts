import type { Environment } from '../../../../infra/environments/environment.ts';
import { toMs } from '../../../../infra/environments/quantities.ts';
import { of, type Change, type Fault } from './fault.ts';

/** Of producers and consumers. */
export function collectionFaults(environment: Environment): readonly Fault[] {
  const { namespaces, consumer, producer, topics, eventsTopic } = environment;
  const { pipeline } = namespaces;
  const { partitions = 0 } = topics[eventsTopic] ?? {};
  const producers = `${pipeline}/producer-collection`;
  const consumers = `${pipeline}/consumer-collection`;
  const oldest = 'headwater_consumer_oldest_unstored_seconds';
  const refused = (perMinute: number, code = 'broker_unavailable'): Change => [
    `headwater_producer_records_total{job="${producers}",namespace="${pipeline}",pod="producer-0",route="/upload",code="${code}"}`,
    { perMinute },
  ];
  const pods = (job: string, name: string, count: number): Change[] =>
    [...Array(count).keys()].map((pod) => [
      `up{job="${job}",namespace="${pipeline}",pod="${name}-more-${pod}"}`,
      1,
    ]);
  return [
    {
      alert: 'ProducersNotReady',
      what: 'every producer answers 503 to /readyz: the edge answers for them',
      changes: [
        [of('headwater_ready', producers), 0],
        [of('headwater_producer_records_total'), { perMinute: 0 }],
      ],
      almost: 'one is ready',
      almostChanges: [[of('headwater_ready', `${producers}.*pod="producer-[1-9]"`), 0]],
    },
    {
      alert: 'ProducersNotReady',
      what: 'there is no producer',
      changes: [[of('.*', producers), 'absent']],
      almost: 'one is left',
      almostChanges: [[of('.*', `${producers}.*pod="producer-[1-9]"`), 'absent']],
    },
    {
      alert: 'ProducersMissing',
      what: 'there is none at all',
      changes: [[of('headwater_ready', producers), 'absent']],
      also: 'any',
      almost: 'none is there for ten minutes',
      almostChanges: [[of('headwater_ready', producers), { samples: 'stale _x8 1x118' }]],
    },
    {
      alert: 'ProducersMissing',
      what: 'one of those that there should be is not ready for long',
      changes: [[of('headwater_ready', `${producers}.*pod="producer-0"`), 0]],
      almost: 'for ten minutes',
      almostChanges: [[of('headwater_ready', `${producers}.*pod="producer-0"`), { samples: '0x9 1x118' }]],
    },
    {
      alert: 'EventsRefused',
      what: 'some events are refused all the time',
      changes: [refused(2)],
      almost: 'for some minutes',
      almostChanges: [[refused(2)[0], { samples: '0+2x5 10x122' }]],
    },
    {
      alert: 'EventsRefused',
      what: 'the outcome of some is unknown all the time',
      changes: [refused(2, 'unknown_outcome')],
      almost: 'clients send what is not JSON',
      almostChanges: [refused(2, 'invalid_json')],
    },
    {
      alert: 'EventsRefusedAtLarge',
      what: 'a tenth of the events is refused, or may be',
      changes: [
        refused(1000 * producer.replicas.min),
        refused(1000 * producer.replicas.min, 'unknown_outcome'),
      ],
      almost: 'four of a hundred are',
      almostChanges: [refused(240 * producer.replicas.min)],
    },
    {
      alert: 'ProducersAtMaximum',
      what: 'as many as the environment allows run for long',
      changes: pods(producers, 'producer', producer.replicas.max - producer.replicas.min),
      almost: 'one fewer does',
      almostChanges: pods(producers, 'producer', producer.replicas.max - producer.replicas.min - 1),
    },
    {
      alert: 'ConsumersNotReady',
      what: 'every consumer says that it is not ready',
      changes: [[of('headwater_ready', consumers), 0]],
      almost: 'one is ready',
      almostChanges: [[of('headwater_ready', `${consumers}.*pod="consumer-[1-9]"`), 0]],
    },
    {
      alert: 'ConsumersNotReady',
      what: 'there is no consumer',
      changes: [[of('.*', consumers), 'absent']],
      also: 'any',
      almost: 'one is left, and has taken over',
      almostChanges: [
        [of('up', `${consumers}.*pod="consumer-[1-9]"`), 'absent'],
        [of('headwater_ready', `${consumers}.*pod="consumer-[1-9]"`), 'absent'],
      ],
    },
    {
      alert: 'ConsumersMissing',
      what: 'there is none at all',
      changes: [[of('headwater_ready', consumers), 'absent']],
      also: 'any',
      almost: 'none is there for ten minutes',
      almostChanges: [[of('headwater_ready', consumers), { samples: 'stale _x8 1x118' }]],
    },
    {
      alert: 'ConsumersMissing',
      what: 'one of those that there should be is not ready for long',
      changes: [[of('headwater_ready', `${consumers}.*pod="consumer-0"`), 0]],
      almost: 'for ten minutes',
      almostChanges: [[of('headwater_ready', `${consumers}.*pod="consumer-0"`), { samples: '0x9 1x118' }]],
    },
    {
      alert: 'EventsNotStored',
      what: 'one partition is stuck: its first event that is not stored grows old',
      changes: [[of(oldest, 'partition="3"'), { samples: '60+60x128' }]],
      almost: 'as many flushes are late as may be',
      almostChanges: [[of(oldest, 'partition="3"'), (toMs(consumer.flushMaxAge) * 5) / 1000]],
    },
    {
      alert: 'PartitionsUnowned',
      what: 'nobody owns one of the partitions',
      changes: [[of(oldest, `partition="${partitions - 1}"`), 'absent']],
      almost: 'two show one of them, as in a change of owners',
      almostChanges: [
        [`${oldest}{job="${consumers}",namespace="${pipeline}",pod="consumer-9",partition="0"}`, 3],
      ],
    },
    {
      alert: 'PartitionsUnowned',
      what: 'consumers answer, and own nothing',
      changes: [[of('headwater_consumer_.*'), 'absent']],
      almost: 'for the time of a rebalance',
      almostChanges: [[of(oldest), { samples: '_x2 5x125' }]],
    },
    {
      alert: 'PartitionStopped',
      what: 'a partition waits for an operator to resume it',
      changes: [[of('headwater_consumer_partition_stopped', 'partition="2"'), 1]],
      almost: 'none does',
      almostChanges: [[of('headwater_consumer_partition_stopped', 'partition="2"'), 0]],
    },
    {
      alert: 'EventsLost',
      healthyMinutes: 70,
      what: 'the first loss of a partition whose counter was there',
      changes: [[of('headwater_consumer_gap_offsets_total', 'partition="4"'), 5]],
      almost: 'the pod is another one, and has lost nothing',
      almostChanges: [
        [of('headwater_consumer_gap_offsets_total', 'partition="4"'), 'absent'],
        [
          `headwater_consumer_gap_offsets_total{job="${consumers}",namespace="${pipeline}",pod="consumer-9",partition="4"}`,
          0,
        ],
      ],
    },
    {
      alert: 'EventsLost',
      healthyMinutes: 70,
      what: 'the first loss of a partition whose counter begins with it',
      changes: [
        [
          `headwater_consumer_gap_offsets_total{job="${consumers}",namespace="${pipeline}",pod="consumer-9",partition="5"}`,
          5,
        ],
      ],
      almost: 'an old loss is still counted',
      almostChanges: [[of('headwater_consumer_gap_offsets_total', 'partition="1"'), 7, 7]],
    },
    {
      alert: 'ConsumersAtMaximum',
      what: 'as many as the environment allows run for long',
      changes: pods(consumers, 'consumer', consumer.replicas.max - consumer.replicas.min),
      almost: 'one fewer does',
      almostChanges: pods(consumers, 'consumer', consumer.replicas.max - consumer.replicas.min - 1),
    },
  ];
}
