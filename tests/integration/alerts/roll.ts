import type { Environment } from '../../../infra/environments/environment.ts';
import { EVENTS_PER_MINUTE } from './healthy.ts';
import { of, up, type Change } from './faults/fault.ts';

/** How long a pod of a set is gone, and from one to the next. */
const GONE_MINUTES = 3;
const STEP_MINUTES = 6;
/** Of the roll as a whole. */
export const ROLL_MINUTES = 4 * STEP_MINUTES;

/** A roll of everything at once, as a change of the base image is: each set one pod at a time, the programs one by one. */
export function rollChanges({ namespaces, kafka, producer, consumer }: Environment): readonly Change[] {
  const { pipeline } = namespaces;
  const job = (name: string): string => `${pipeline}/${name}`;
  const sets =
    kafka.metadata.mode === 'zookeeper'
      ? ['kafka-broker', 'zookeeper-server']
      : ['kafka-broker', 'kafka-controller'];
  const changes: Change[] = [];
  for (let pod = 0; pod < kafka.brokers; pod += 1) {
    // The highest goes first.
    const step = (kafka.brokers - 1 - pod) * STEP_MINUTES;
    for (const set of sets) changes.push([up(job(set), String(pod)), gone(step, '0', '1')]);
    const served = (metric: string): RegExp => of(metric, `pod="[a-z-]+-${pod}"`);
    changes.push(
      [served('kafka_server_replicamanager_underminisrpartitioncount'), gone(step, 'stale', '0')],
      [
        of('kafka_server_replicamanager_underreplicatedpartitions', `pod="kafka-${pod}"`),
        underReplicated(step),
      ],
      [of('kubelet_volume_stats_.*', `-${pod}"`), gone(step, 'stale', '99')],
    );
  }
  for (const [program, count] of [
    ['producer', producer.replicas.min],
    ['consumer', consumer.replicas.min],
  ] as const) {
    for (let pod = 0; pod < count; pod += 1) {
      const where = `job="${job(`${program}-collection`)}",namespace="${pipeline}"`;
      // A new pod is ready before the old one leaves.
      changes.push(
        [of('(up|headwater_ready)', `pod="${program}-${pod}"`), gone(pod * STEP_MINUTES, 'stale', '1')],
        [`headwater_ready{${where},pod="${program}-new-${pod}"}`, 1],
        [`up{${where},pod="${program}-new-${pod}"}`, 1],
      );
    }
  }
  if (kafka.metadata.mode === 'zookeeper') {
    // The leader is the last one; another leads after it.
    changes.push(
      [of('synced_followers', 'zookeeper-0'), { samples: `2x11 stale _x116` }],
      [
        `synced_followers{job="${job('zookeeper-server')}",namespace="${pipeline}",pod="zookeeper-2"}`,
        { samples: `_x13 1x1 2x114` },
      ],
    );
  }
  // Partitions change owners, and what they hold is late by a rebalance and two flushes.
  changes.push([of('headwater_consumer_oldest_unstored_seconds'), { samples: '31x2 _x2 130x3 31x119' }]);
  changes.push([of('headwater_consumer_partition_stopped'), { samples: '0x2 _x2 0x123' }]);
  const served = (name: string, perMinute: number): Change => [
    of(`headwater_consumer_${name}`),
    { samples: `${perMinute * 10}+${perMinute}x1 _x2 ${perMinute * 14}+${perMinute}x121` },
  ];
  changes.push(served('oldest_unstored_timestamp_seconds', 60), served('stored_offset', EVENTS_PER_MINUTE));
  return changes;
}

function gone(step: number, without: '0' | 'stale', otherwise: string) {
  const during = without === 'stale' ? `stale _x${GONE_MINUTES - 1}` : `0x${GONE_MINUTES - 1}`;
  return { samples: `${step === 0 ? '' : `${otherwise}x${step - 1} `}${during} ${otherwise}x100` };
}

/** What a leader misses while another broker is away and catches up; nothing while it is away itself. */
function underReplicated(step: number) {
  const cycle = `5x${STEP_MINUTES - 2} 0`;
  return {
    samples: `${Array(step / STEP_MINUTES)
      .fill(cycle)
      .join(' ')} stale _x${STEP_MINUTES - 1} ${cycle} 0x100`.trim(),
  };
}
