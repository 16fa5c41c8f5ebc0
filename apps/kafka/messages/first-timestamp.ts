import { timestampOfFirstBatch } from '../records/batches.ts';
import { codes, KafkaError, NONE } from '../errors.ts';
import type { Fetcher } from './fetch.ts';
import type { Leader } from '../metadata/topic-metadata.ts';

/** Skips the check for a truncated log. */
const ANY_EPOCH = -1;

/**
 * Timestamp in the header of the first batch at or after `from`; `undefined` if there is none. Asks for one partition
 * at a time, since a broker returns a whole batch, whatever the size limit.
 */
export async function firstTimestamp(
  fetcher: Fetcher,
  topicId: string,
  partition: number,
  { nodeId, epoch }: Leader,
  from: number,
): Promise<number | undefined> {
  const wanted = { partition, offset: from, lastFetchedEpoch: ANY_EPOCH, leaderEpoch: epoch };
  const [response] = await fetcher.fetch(nodeId, {
    topic: topicId,
    partitions: [wanted],
    maxWaitMs: 0,
    maxBytes: 1,
    maxPartitionBytes: 1,
    read: 'uncommitted',
  });
  if (response === undefined) return undefined;
  try {
    const { errorCode, logStart, log } = response;
    if (errorCode === NONE) return timestampOfFirstBatch(log.bytes);
    if (errorCode !== codes.offsetOutOfRange) throw new KafkaError('fetch the first timestamp', errorCode);
    if (logStart <= from) return undefined;
    return await firstTimestamp(fetcher, topicId, partition, { nodeId, epoch }, logStart);
  } finally {
    response.log.release();
  }
}
