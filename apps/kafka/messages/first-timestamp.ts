import { timestampOfFirstBatch } from '../records/batches.ts';
import { codes, KafkaError, NONE } from '../errors.ts';
import type { Fetcher } from './fetch.ts';
import type { Leader } from '../metadata/topic-metadata.ts';

/** Not looked at: the log is asked what it holds, not whether it is still the same. */
const ANY_EPOCH = -1;

/**
 * The time of the batch that holds the first offset from `from` on, by its header alone; `undefined` where there is none.
 * A broker sends a whole batch, however little is asked for: for one partition at a time.
 */
export async function firstTimestamp(
  fetcher: Fetcher,
  topicId: string,
  partition: number,
  { nodeId, epoch }: Leader,
  from: number,
): Promise<number | undefined> {
  const wanted = { partition, offset: from, lastFetchedEpoch: ANY_EPOCH, leaderEpoch: epoch };
  const [answer] = await fetcher.fetch(nodeId, {
    topic: topicId,
    partitions: [wanted],
    maxWaitMs: 0,
    maxBytes: 1,
    maxPartitionBytes: 1,
    read: 'uncommitted',
  });
  if (answer === undefined) return undefined;
  try {
    const { errorCode, logStart, log } = answer;
    if (errorCode === NONE) return timestampOfFirstBatch(log.bytes);
    if (errorCode !== codes.offsetOutOfRange) throw new KafkaError('fetch the first timestamp', errorCode);
    if (logStart <= from) return undefined;
    return await firstTimestamp(fetcher, topicId, partition, { nodeId, epoch }, logStart);
  } finally {
    answer.log.release();
  }
}
