import { HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { listBucket, listChains, listRecent } from '../trace/listing.ts';
import { parseMetadata } from '../verify/segment.ts';
import type { StoreLocation } from '../verify/store-reader.ts';

/** Ends of the chains of a topic id, by partition, from the metadata of their last objects. */
export async function readChainEnds(
  client: S3Client,
  { bucket, prefix }: StoreLocation,
  topic: string,
  topicId: string,
): Promise<ReadonlyMap<number, number>> {
  const list = listBucket(client, bucket);
  const chains = (await listChains(list, prefix, topic)).filter((chain) => chain.topicId === topicId);
  const ends = chains.map(async ({ partition, folder }): Promise<[number, number] | undefined> => {
    const { before: last } = await listRecent(list, folder, Number.POSITIVE_INFINITY);
    if (last === undefined) return undefined;
    const { Metadata = {} } = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: last.key }));
    const { end } = parseMetadata(last, Metadata);
    return end === undefined ? undefined : [partition, end];
  });
  return new Map((await Promise.all(ends)).filter((found) => found !== undefined));
}
