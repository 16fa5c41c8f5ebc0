import { randomUUID } from 'node:crypto';
import { Admin, Consumer, ListOffsetTimestamps } from '@platformatic/kafka';
import type { Target } from './client.ts';
import { numberOf } from './paced-load.ts';

export async function leaderOf({ bootstrapServers, topic }: Target, partition: number): Promise<number> {
  const admin = new Admin({ clientId: 'bench', bootstrapBrokers: bootstrapServers });
  try {
    const metadata = await admin.metadata({ topics: [topic], forceUpdate: true });
    const leader = metadata.topics.get(topic)?.partitions[partition]?.leader;
    if (leader === undefined) throw new Error(`partition ${partition} of ${topic} has no leader`);
    return leader;
  } finally {
    await admin.close();
  }
}

/** Reads the topic from its beginning to its end as it is now: how often each record number stands in it. */
export async function readCopies({ bootstrapServers, topic }: Target, numbers: number): Promise<number[]> {
  const copies = new Array<number>(numbers).fill(0);
  const consumer = new Consumer({
    clientId: 'bench-read-back',
    groupId: `bench-${randomUUID()}`,
    bootstrapBrokers: bootstrapServers,
    maxWaitTime: 500,
  });
  try {
    const ends = await consumer.listOffsets({ topics: [topic], timestamp: ListOffsetTimestamps.LATEST });
    const expected = (ends.get(topic) ?? []).reduce((sum, end) => sum + Number(end), 0);
    const stream = await consumer.consume({ topics: [topic], mode: 'earliest', autocommit: false });
    let read = 0;
    for await (const { value } of stream) {
      const number = numberOf(value);
      copies[number] = (copies[number] ?? 0) + 1;
      read += 1;
      if (read === expected) break;
    }
  } finally {
    await consumer.close(true);
  }
  return copies;
}
