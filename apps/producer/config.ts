import { readKafkaConnection, type KafkaConnection, type KafkaVariables } from '../kafka/config.ts';
import { logLevels, type LogLevel } from '../service/log.ts';
import { Variables, type Environment } from '../service/variables.ts';
import type { DeliveryLimits } from './delivery/kafka-record-log.ts';
import type { HttpLimits } from './http/limits.ts';

/** The environment variables of the producer; numbers are whole, in decimal digits. */
export interface ProducerVariables extends KafkaVariables {
  readonly KAFKA_TOPIC: string;
  /** @default "0.0.0.0" */
  readonly LISTEN_ADDRESS?: string;
  /** 0 takes any free port, which the log names. @default "8080" */
  readonly PORT?: string;
  /** silent, fatal, error, warn, info, debug or trace. @default "info" */
  readonly LOG_LEVEL?: LogLevel;
  /**
   * The largest body of `/upload` and the longest line of `/upload/batch`. Must leave the topic's
   * `max.message.bytes` 32 KiB for headers. @default "1000000"
   */
  readonly MAX_BODY_BYTES?: string;
  /** Whether plain uploads are answered before Node's parser. @default "true" */
  readonly FAST_PATH?: 'true' | 'false';
  /**
   * From the head of a request to the end of its body; for each line of a batch; while a client takes nothing of a response.
   * @default "30000"
   */
  readonly REQUEST_TIMEOUT_MS?: string;
  /** How long a record waits for others where no batch is under way, and after one. @default "1" */
  readonly LINGER_MS?: string;
  /** @default "1000" */
  readonly BATCH_MAX_RECORDS?: string;
  /** @default "524288" */
  readonly BATCH_MAX_BYTES?: string;
  /** @default "40000" */
  readonly QUEUE_MAX_RECORDS?: string;
  /** Counts the bodies that are being read too. @default "50331648" */
  readonly QUEUE_MAX_BYTES?: string;
  /** From a record's arrival to its answer, at most. @default "25000" */
  readonly DELIVERY_TIMEOUT_MS?: string;
  /** How long requests are still taken after SIGTERM, until every balancer has seen `/readyz` fail. @default "2000" */
  readonly DRAIN_DELAY_MS?: string;
  /** From SIGTERM to the exit; the pod's grace period. @default "30000" */
  readonly SHUTDOWN_DEADLINE_MS?: string;
}

export interface ProducerConfig {
  readonly kafka: KafkaConnection;
  readonly topic: string;
  readonly listen: { readonly host: string; readonly port: number };
  readonly logLevel: LogLevel;
  readonly http: HttpLimits;
  readonly fastPath: boolean;
  readonly delivery: DeliveryLimits;
  readonly queue: { readonly maxRecords: number; readonly maxBytes: number };
  readonly drainDelayMs: number;
  readonly shutdownDeadlineMs: number;
}

const KiB = 1_024;
const MiB = 1_024 * KiB;

/** @throws {VariablesError} naming every bad variable */
export function readConfig(environment: Environment): ProducerConfig {
  const variables = new Variables<keyof ProducerVariables>(environment);
  const config: ProducerConfig = {
    kafka: readKafkaConnection(variables),
    topic: variables.text('KAFKA_TOPIC', {
      pattern: /^(?!\.{1,2}$)[\w.-]{1,249}$/,
      allowed: 'a topic name: at most 249 letters, digits, dots, underscores and hyphens',
    }),
    listen: {
      host: variables.text('LISTEN_ADDRESS', { default: '0.0.0.0' }),
      port: variables.integer('PORT', { default: 8_080, min: 0, max: 65_535 }),
    },
    logLevel: variables.choice('LOG_LEVEL', logLevels, 'info'),
    http: {
      maxBodyBytes: variables.integer('MAX_BODY_BYTES', { default: 1_000_000, min: 1, max: 64 * MiB }),
      requestTimeoutMs: variables.integer('REQUEST_TIMEOUT_MS', {
        default: 30_000,
        min: 100,
        max: 3_600_000,
      }),
    },
    fastPath: variables.boolean('FAST_PATH', true),
    delivery: {
      lingerMs: variables.integer('LINGER_MS', { default: 1, min: 0, max: 1_000 }),
      batchMaxRecords: variables.integer('BATCH_MAX_RECORDS', { default: 1_000, min: 1, max: 100_000 }),
      batchMaxBytes: variables.integer('BATCH_MAX_BYTES', { default: 512 * KiB, min: 1, max: 64 * MiB }),
      deliveryTimeoutMs: variables.integer('DELIVERY_TIMEOUT_MS', {
        default: 25_000,
        min: 100,
        max: 3_600_000,
      }),
    },
    queue: {
      maxRecords: variables.integer('QUEUE_MAX_RECORDS', { default: 40_000, min: 1, max: 10_000_000 }),
      maxBytes: variables.integer('QUEUE_MAX_BYTES', {
        default: 48 * MiB,
        min: 64 * KiB,
        max: 16 * 1_024 * MiB,
      }),
    },
    drainDelayMs: variables.integer('DRAIN_DELAY_MS', { default: 2_000, min: 0, max: 600_000 }),
    shutdownDeadlineMs: variables.integer('SHUTDOWN_DEADLINE_MS', {
      default: 30_000,
      min: 1_000,
      max: 3_600_000,
    }),
  };
  const { http, queue, drainDelayMs, shutdownDeadlineMs } = config;
  if (queue.maxBytes < http.maxBodyBytes + 64 * KiB) {
    variables.problem(
      `QUEUE_MAX_BYTES must be at least MAX_BODY_BYTES (${http.maxBodyBytes}) + 65536, got "${queue.maxBytes}": ` +
        'a body of the allowed size would never fit',
    );
  }
  if (drainDelayMs > shutdownDeadlineMs / 2) {
    variables.problem(
      `DRAIN_DELAY_MS must be at most half of SHUTDOWN_DEADLINE_MS (${shutdownDeadlineMs}), got "${drainDelayMs}": ` +
        'requests under way need the rest',
    );
  }
  variables.check();
  return config;
}
