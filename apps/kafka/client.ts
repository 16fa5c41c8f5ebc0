/**
 * All that is used of the protocol layer of `@platformatic/kafka`, and the only place that imports it. Most of it is
 * exported but not documented by its makers: with a new version of the client this list is what must be read again.
 */
export {
  alterUserScramCredentialsV0,
  apiVersionsV3,
  Connection,
  ConnectionStatuses,
  createAPI,
  decodeConsumerProtocolAssignment,
  decodeConsumerProtocolSubscription,
  encodeConsumerProtocolAssignment,
  encodeConsumerProtocolSubscription,
  FetchIsolationLevels,
  fetchV13,
  FindCoordinatorKeyTypes,
  findCoordinatorV4,
  heartbeatV4,
  incrementalAlterConfigsV1,
  initProducerIdV4,
  joinGroupV9,
  leaveGroupV5,
  listOffsetsV7,
  ListOffsetTimestamps,
  listPartitionReassignmentsV0,
  metadataV12,
  murmur2,
  offsetCommitV8,
  offsetFetchV8,
  parseBroker,
  ProduceAcks,
  produceV9,
  protocolErrorsCodesById,
  Reader,
  ResponseError,
  syncGroupV5,
  Writer,
  type API,
  type Broker,
} from '@platformatic/kafka';
import { crc32c, Reader } from '@platformatic/kafka';

/** CRC-32C. The client copies a plain buffer before it sums it up, and a wrapped one not. */
export function checksum(bytes: Buffer): number {
  return crc32c(Reader.from(bytes).buffer);
}
