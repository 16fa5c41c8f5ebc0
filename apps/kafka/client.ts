/**
 * Everything that the project uses of the protocol layer of `@platformatic/kafka`; no other file imports it. The client
 * exports most of it without documenting it, so check this list with each new version of the client.
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

/** CRC-32C. The client copies a plain buffer before it computes the sum, but not a wrapped one. */
export function checksum(bytes: Buffer): number {
  return crc32c(Reader.from(bytes).buffer);
}
