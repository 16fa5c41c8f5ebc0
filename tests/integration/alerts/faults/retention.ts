import type { Environment } from '../../../../infra/environments/environment.ts';
import { toBytes, toMs } from '../../../../infra/environments/quantities.ts';
import { EVENTS_PER_MINUTE } from '../healthy.ts';
import { of, type Fault } from './fault.ts';

/** A fault begins then, in seconds of promtool's time. */
const BEGIN = 600;

/** Of events that wait in Kafka until it deletes them. */
export function retentionFaults({ namespaces, topics, eventsTopic }: Environment): readonly Fault[] {
  const consumers = `${namespaces.pipeline}/consumer-collection`;
  const { retention = '1d', retentionPerPartition = '1Gi' } = topics[eventsTopic] ?? {};
  const written = of('headwater_consumer_oldest_unstored_timestamp_seconds', 'partition="3"');
  const stored = of('headwater_consumer_stored_offset', 'partition="3"');
  const size = of('kafka_log_log_size', 'partition="3"');
  const half = toMs(retention) / 2000;
  const full = toBytes(retentionPerPartition);
  const slowly = (share: number) => ({ perMinute: EVENTS_PER_MINUTE * share });
  return [
    {
      alert: 'EventsLostSoonByAge',
      what: 'one partition has not been stored for half of the retention',
      changes: [[written, -half]],
      almost: 'for less',
      almostChanges: [[written, 2000 - half]],
    },
    {
      alert: 'EventsLostSoonByAge',
      what: 'no consumer has been there for half of the retention',
      changes: [
        [of('.*', consumers), 'absent'],
        [written, 'absent', BEGIN - half],
      ],
      also: 'any',
      almost: 'for some minutes',
      almostChanges: [[of('.*', consumers), 'absent']],
    },
    {
      alert: 'EventsLostSoonBySize',
      what: 'one partition is full, and a tenth of it is stored',
      changes: [
        [stored, slowly(0.1), slowly(0.1)],
        [size, full],
      ],
      almost: 'more than half of it is stored',
      almostChanges: [
        [stored, slowly(0.6), slowly(0.6)],
        [size, full],
      ],
    },
    {
      alert: 'EventsLostSoonBySize',
      what: 'the consumers are gone from a full partition of which a tenth was stored',
      changes: [
        [of('.*', consumers), 'absent'],
        [stored, 'absent', slowly(0.1)],
        [size, full],
      ],
      also: 'any',
      almost: 'it is far from full',
      almostChanges: [
        [of('.*', consumers), 'absent'],
        [stored, 'absent', slowly(0.1)],
      ],
    },
    {
      alert: 'EventsLostSoonBySize',
      what: 'more comes in than a full partition holds in an hour',
      changes: [
        [stored, slowly(0.4), slowly(0.4)],
        [size, 2 * full],
      ],
      almost: 'nothing comes in',
      almostChanges: [
        [of('kafka_log_log_logendoffset', 'partition="3"'), 6000, 6000],
        [stored, 600, 600],
        [size, full],
      ],
    },
  ];
}
