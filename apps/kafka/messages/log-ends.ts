import type { KafkaHealth } from '../health.ts';
import type { Brokers } from '../connections/brokers.ts';
import { kafkaFailure } from '../errors.ts';
import { logBounds } from './offsets.ts';
import type { Topic } from '../metadata/topic.ts';

export interface LogEndsOptions {
  readonly brokers: Pick<Brokers, 'ask'>;
  readonly topic: Pick<Topic, 'name' | 'leader'>;
  readonly health: KafkaHealth;
}

/**
 * Ends of the logs of these partitions; omits partitions whose leader does not respond. Needed for the lag of a
 * partition that is stopped and not fetched.
 */
export async function readLogEnds(
  { brokers, topic, health }: LogEndsOptions,
  partitions: Iterable<number>,
): Promise<ReadonlyMap<number, number>> {
  const led = [...partitions].flatMap((partition) => {
    const leader = topic.leader(partition);
    return leader === undefined ? [] : [{ partition, leader }];
  });
  const ends = new Map<number, number>();
  let haveAllAnswered = true;
  for (const [nodeId, asked] of Map.groupBy(led, ({ leader }) => leader.nodeId)) {
    try {
      const found = await logBounds(brokers, topic.name, asked, nodeId, 'latest');
      for (const { partition, offset } of found) ends.set(partition, offset);
    } catch (error) {
      haveAllAnswered = false;
      health.failed('log-ends', kafkaFailure(error));
    }
  }
  if (haveAllAnswered) health.succeeded('log-ends');
  return ends;
}
