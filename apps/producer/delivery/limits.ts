export interface DeliveryLimits {
  /**
   * How long a record waits for others to join its batch. A record without a key may wait longer while a batch is in
   * flight.
   */
  readonly lingerMs: number;
  readonly batchMaxRecords: number;
  readonly batchMaxBytes: number;
  /** From the arrival of a record to its outcome, at most. */
  readonly deliveryTimeoutMs: number;
}
