/**
 * Positions of the fields of a record batch, and the size of its header. Record format 2:
 * https://kafka.apache.org/documentation/#recordbatch
 */
export const BASE_OFFSET_AT = 0;
export const LENGTH_AT = 8;
/** `batchLength` counts from here. */
export const LEADER_EPOCH_AT = 12;
export const MAGIC_AT = 16;
export const CHECKSUM_AT = 17;
/** The checksum covers the bytes from here. */
export const ATTRIBUTES_AT = 21;
export const LAST_OFFSET_DELTA_AT = 23;
export const BASE_TIMESTAMP_AT = 27;
export const MAX_TIMESTAMP_AT = 35;
export const PRODUCER_ID_AT = 43;
export const PRODUCER_EPOCH_AT = 51;
export const SEQUENCE_AT = 53;
export const COUNT_AT = 57;
export const BATCH_HEADER_BYTES = 61;

export const MAGIC = 2;
