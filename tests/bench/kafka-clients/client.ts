/** What a Kafka client must do to be compared. Each file of `clients/` makes one client do it. */
export interface KafkaClient {
  connectProducer(target: Target): Promise<Sender>;
  /** Reads the topic from its beginning as a new consumer group and reports how many records have come. */
  consume?(target: Target, groupId: string, onRecords: (count: number) => void): Promise<Reader>;
}

export interface Target {
  bootstrapServers: string[];
  topic: string;
}

/** An idempotent producer with acks=all. */
export interface Sender {
  /** Resolves once Kafka has acknowledged every value; rejects when the client has given up. */
  send(partition: number, values: Buffer[]): Promise<void>;
  close(): Promise<void>;
}

export interface Reader {
  close(): Promise<void>;
}

/** How long a client may keep trying to deliver one record, where it has such a setting; as in `apps/producer`. */
export const deliveryTimeoutMs = 25_000;

/** How long every client that gathers records waits for more of them. */
export const lingerMs = 3;
