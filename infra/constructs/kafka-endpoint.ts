/** What a client inside the cluster needs to reach the brokers, ours or anyone's. */
export interface KafkaEndpoint {
  /** `host:port`, comma-separated. */
  readonly bootstrapServers: string;
  /** Secret with `ca.crt`, where the listener speaks TLS. @default - plain text */
  readonly caSecret?: string;
}
