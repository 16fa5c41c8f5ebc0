import {
  fetchV13,
  findCoordinatorV4,
  heartbeatV4,
  initProducerIdV4,
  joinGroupV9,
  leaveGroupV5,
  listOffsetsV7,
  metadataV12,
  offsetCommitV8,
  offsetFetchV8,
  produceV9,
  syncGroupV5,
} from '../client.ts';
import type { RequestVersion } from '../connections/api-versions.ts';

const metadata = named('Metadata', metadataV12);

/** Every request of a producer, with its version. */
export const PRODUCER_REQUESTS: readonly RequestVersion[] = [
  metadata,
  named('Produce', produceV9),
  named('InitProducerId', initProducerIdV4),
];

/** Every request of a consumer, with its version. */
export const CONSUMER_REQUESTS: readonly RequestVersion[] = [
  metadata,
  named('Fetch', fetchV13),
  named('ListOffsets', listOffsetsV7),
  named('OffsetCommit', offsetCommitV8),
  named('OffsetFetch', offsetFetchV8),
  named('FindCoordinator', findCoordinatorV4),
  named('JoinGroup', joinGroupV9),
  named('SyncGroup', syncGroupV5),
  named('Heartbeat', heartbeatV4),
  named('LeaveGroup', leaveGroupV5),
];

/** Every request of a program that only reads logs, with its version. */
export const READER_REQUESTS: readonly RequestVersion[] = [
  metadata,
  named('Fetch', fetchV13),
  named('ListOffsets', listOffsetsV7),
];

function named(
  name: string,
  { api: { key, version } }: { readonly api: { readonly key: number; readonly version: number } },
): RequestVersion {
  return { name, key, version };
}
