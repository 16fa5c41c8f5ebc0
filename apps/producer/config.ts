import { kafkaConnection, kafkaVariables, topicName, type KafkaConnection } from '../kafka/config.ts';
import { logLevels, type LogLevel } from '../service/log.ts';
import {
  flag,
  integer,
  json,
  oneOf,
  readVariables,
  text,
  whereGood,
  type Environment,
  type VariablesOf,
} from '../service/variables.ts';
import type { DeliveryLimits } from './delivery/limits.ts';
import type { HttpLimits } from './http/limits.ts';
import { sources, type SourceSettings } from './sources/settings.ts';

const KiB = 1_024;
const MiB = 1_024 * KiB;

/** The environment variables of the producer. */
export const producerVariables = kafkaVariables
  .safeExtend({
    KAFKA_TOPIC: topicName,
    LISTEN_ADDRESS: text('an address to listen on').default('0.0.0.0'),
    /** 0 selects a free port, which the log names. */
    PORT: integer(0, 65_535).default(8_080),
    LOG_LEVEL: oneOf(logLevels).default('info'),
    /**
     * The largest body of `/upload` and the longest line of `/upload/batch`. Leave 32 KiB of the topic's
     * `max.message.bytes` for headers.
     */
    MAX_BODY_BYTES: integer(1, 64 * MiB).default(1_000_000),
    /**
     * Who may send, and how much: an object of sources by name. `{"web": {"who": "keys", "keysFile": "/etc/web/keys",
     * "limits": {"requestsPerSecond": 100, "eventsPerSecond": 1000, "bytesPerSecond": 1000000, "burstSeconds": 2},
     * "limitsPerKey": {…}}, "page": {"who": "open", "reason": "a web page has no secrets"}}`; limits, and each rate, may be left out. Without it anybody may send
     * anything, and the log says so.
     */
    SOURCES: json('sources in JSON, by name', sources).optional(),
    /** Handles plain uploads before Node's HTTP parser. */
    FAST_PATH: flag().default(true),
    /**
     * Timeout from the head of a request to the end of its body, for each line of a batch, and for a client that reads
     * nothing of its response.
     */
    REQUEST_TIMEOUT_MS: integer(100, 3_600_000).default(30_000),
    /** Linger: how long a record waits for others to join its batch. */
    LINGER_MS: integer(0, 1_000).default(1),
    /** A batch with this many records is sent at once. */
    BATCH_MAX_RECORDS: integer(1, 100_000).default(1_000),
    /** A batch with this many bytes is sent at once. */
    BATCH_MAX_BYTES: integer(1, 64 * MiB).default(512 * KiB),
    /** Records that may wait for Kafka; above it uploads get 503. */
    QUEUE_MAX_RECORDS: integer(1, 10_000_000).default(40_000),
    /** Bytes of waiting records and of bodies that are being read; above it uploads get 503. */
    QUEUE_MAX_BYTES: integer(64 * KiB, 16 * 1_024 * MiB).default(48 * MiB),
    /** Longest time from the arrival of a record to its response. */
    DELIVERY_TIMEOUT_MS: integer(100, 3_600_000).default(25_000),
    /**
     * After SIGTERM uploads are accepted until none has arrived for this long: then every load balancer has seen
     * `/readyz` fail. The longest wait is SHUTDOWN_DEADLINE_MS less DELIVERY_TIMEOUT_MS, or this if it is longer.
     */
    DRAIN_DELAY_MS: integer(0, 600_000).default(2_000),
    /** Longest time from SIGTERM to the exit; the pod's grace period. */
    SHUTDOWN_DEADLINE_MS: integer(1_000, 3_600_000).default(30_000),
  })
  .superRefine(
    ({ MAX_BODY_BYTES: body, QUEUE_MAX_BYTES: queue }, context) => {
      if (queue >= body + 64 * KiB) return;
      context.addIssue(
        `QUEUE_MAX_BYTES must be at least MAX_BODY_BYTES (${body}) + 65536, got "${queue}": ` +
          'a body of the allowed size would never fit',
      );
    },
    whereGood('MAX_BODY_BYTES', 'QUEUE_MAX_BYTES'),
  )
  .superRefine(
    ({ DRAIN_DELAY_MS: delay, SHUTDOWN_DEADLINE_MS: deadline }, context) => {
      if (delay <= deadline / 2) return;
      context.addIssue(
        `DRAIN_DELAY_MS must be at most half of SHUTDOWN_DEADLINE_MS (${deadline}), got "${delay}": ` +
          'requests under way need the rest',
      );
    },
    whereGood('DRAIN_DELAY_MS', 'SHUTDOWN_DEADLINE_MS'),
  );

export type ProducerVariables = VariablesOf<typeof producerVariables>;

export interface ProducerConfig {
  readonly kafka: KafkaConnection;
  readonly topic: string;
  readonly listen: { readonly host: string; readonly port: number };
  readonly logLevel: LogLevel;
  readonly http: HttpLimits;
  /** `undefined` if they were not set. */
  readonly sources: SourceSettings | undefined;
  readonly fastPath: boolean;
  readonly delivery: DeliveryLimits;
  readonly queue: { readonly maxRecords: number; readonly maxBytes: number };
  readonly drainDelayMs: number;
  readonly shutdownDeadlineMs: number;
}

/** @throws {VariablesError} naming every bad variable */
export function readConfig(environment: Environment): ProducerConfig {
  const variables = readVariables(producerVariables, environment);
  return {
    kafka: kafkaConnection(variables),
    topic: variables.KAFKA_TOPIC,
    listen: { host: variables.LISTEN_ADDRESS, port: variables.PORT },
    logLevel: variables.LOG_LEVEL,
    http: { maxBodyBytes: variables.MAX_BODY_BYTES, requestTimeoutMs: variables.REQUEST_TIMEOUT_MS },
    sources: variables.SOURCES,
    fastPath: variables.FAST_PATH,
    delivery: {
      lingerMs: variables.LINGER_MS,
      batchMaxRecords: variables.BATCH_MAX_RECORDS,
      batchMaxBytes: variables.BATCH_MAX_BYTES,
      deliveryTimeoutMs: variables.DELIVERY_TIMEOUT_MS,
    },
    queue: { maxRecords: variables.QUEUE_MAX_RECORDS, maxBytes: variables.QUEUE_MAX_BYTES },
    drainDelayMs: variables.DRAIN_DELAY_MS,
    shutdownDeadlineMs: variables.SHUTDOWN_DEADLINE_MS,
  };
}
