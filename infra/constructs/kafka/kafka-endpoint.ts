/** What a client inside the cluster needs to connect to the brokers, ours or external ones. */
export interface KafkaEndpoint {
  /** `host:port`, comma-separated. */
  readonly bootstrapServers: string;
  /** Secret with `ca.crt`, if the listener uses TLS. @default - plain text */
  readonly caSecret?: string;
  /** SCRAM-SHA-512 login of this client; the Secret has the key `password`. @default - no login */
  readonly login?: { readonly username: string; readonly passwordSecret: string };
}
