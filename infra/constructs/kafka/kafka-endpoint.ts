/** What a client inside the cluster needs to reach the brokers, ours or anyone's. */
export interface KafkaEndpoint {
  /** `host:port`, comma-separated. */
  readonly bootstrapServers: string;
  /** Secret with `ca.crt`, where the listener speaks TLS. @default - plain text */
  readonly caSecret?: string;
  /** SCRAM-SHA-512 login of the client at hand; the Secret has the key `password`. @default - none is asked for */
  readonly login?: { readonly username: string; readonly passwordSecret: string };
}
