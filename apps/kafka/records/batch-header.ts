/**
 * Where the fields of a record batch stand, and how many bytes its header takes. Record format 2:
 * https://kafka.apache.org/documentation/#recordbatch
 */
export const BASE_OFFSET_AT = 0;
export const LENGTH_AT = 8;
/** What a batch's length counts begins here. */
export const LEADER_EPOCH_AT = 12;
export const MAGIC_AT = 16;
export const CHECKSUM_AT = 17;
/** What is summed up begins here. */
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
