import { readKafkaConnection, type KafkaConnection, type KafkaVariables } from '../kafka/config.ts';
import { logLevels, type LogLevel } from '../service/log.ts';
import { Variables, type Environment } from '../service/variables.ts';
import type { FlushLimits } from './buffer.ts';
import type { Layout } from './layout.ts';
import type { Codec, Delivery } from './link.ts';
import type { BucketOptions } from './store/bucket.ts';

/**
 * The environment variables of the consumer; numbers are whole, in decimal digits. Credentials for the store come
 * from the AWS SDK's standard chain, of which these are the two that are named here.
 */
export interface ConsumerVariables extends KafkaVariables {
  readonly KAFKA_TOPIC: string;
  readonly KAFKA_GROUP_ID: string;
  readonly AWS_ACCESS_KEY_ID?: string;
  readonly AWS_SECRET_ACCESS_KEY?: string;
  /** URL. @default the region's own at AWS */
  readonly STORE_ENDPOINT?: string;
  readonly STORE_BUCKET: string;
  /** Without slashes at its ends. @default "events" */
  readonly STORE_PREFIX?: string;
  /** The prefix whose chains this one's continue, each from where it ends. Said when the prefix is made. */
  readonly STORE_CONTINUES?: string;
  /** @default "us-east-1" */
  readonly STORE_REGION?: string;
  /** `https://host/bucket/key` instead of `https://bucket.host/key`. @default "false" */
  readonly STORE_PATH_STYLE?: 'true' | 'false';
  /** Path of a PEM file, instead of the authorities that Node trusts. */
  readonly STORE_CA_FILE?: string;
  /** `when-required` for a store that refuses the checksums of 2025. @default "when-supported" */
  readonly STORE_CHECKSUMS?: BucketOptions['checksums'];
  /** `at-least-once` for a store without conditional writes. Belongs to the prefix. @default "exactly-once" */
  readonly DELIVERY?: Delivery;
  /** Belongs to the prefix. @default "gzip" */
  readonly OBJECT_CODEC?: Codec;
  /** An object is closed at so many records. @default "10000" */
  readonly FLUSH_MAX_RECORDS?: string;
  /** Or at so many bytes of lines, before compression. @default "8388608" */
  readonly FLUSH_MAX_BYTES?: string;
  /** Or at this age of its first record, though nothing more arrives. @default "30000" */
  readonly FLUSH_MAX_AGE_MS?: string;
  /** What fetched and buffered records may take; the process takes at most 120 MiB more. @default "134217728" */
  readonly MAX_BUFFERED_BYTES?: string;
  /** Offsets from start to end of an object. How far back a new owner lists. @default "100000" */
  readonly MAX_SPAN?: string;
  /** After so long without a sign of life another consumer takes over. @default "45000", as in Kafka */
  readonly SESSION_TIMEOUT_MS?: string;
  /** @default "0.0.0.0" */
  readonly LISTEN_ADDRESS?: string;
  /** 0 takes any free port, which the log names. @default "8081" */
  readonly PORT?: string;
  /** silent, fatal, error, warn, info, debug or trace. @default "info" */
  readonly LOG_LEVEL?: LogLevel;
  /** From SIGTERM to the exit; the pod's grace period. @default "30000" */
  readonly SHUTDOWN_DEADLINE_MS?: string;
}

/** Where the objects are, and how they are laid out there. */
export interface StoreConfig {
  readonly bucket: BucketOptions;
  readonly prefix: string;
  readonly layout: Layout;
}

export interface ConsumerConfig extends StoreConfig {
  readonly kafka: KafkaConnection;
  readonly topic: string;
  readonly groupId: string;
  readonly sessionTimeoutMs: number;
  readonly limits: FlushLimits;
  readonly maxBufferedBytes: number;
  readonly listen: { readonly host: string; readonly port: number };
  readonly logLevel: LogLevel;
  readonly shutdownDeadlineMs: number;
}

const MiB = 1024 * 1024;
const DAY_MS = 86_400_000;
/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
const BUCKET =
  /^(?!.*\.\.)(?!(\d+\.){3}\d+$)(?!xn--|sthree-|amzn-s3-demo-)(?!.*(-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$)[\da-z][\d.a-z-]{1,61}[\da-z]$/;
const BUCKET_ALLOWED =
  'a bucket name as S3 takes it: 3 to 63 lower-case letters, digits, dots and hyphens, no two dots in a row, no IP address, ' +
  'none of the beginnings and endings that S3 keeps for itself';
const PREFIX = /^(?!.*\/\/)(?!\/)(?!.*\/$)(?!_releases(?:\/|$))[\w!.*'()/-]{0,500}$/;
const PREFIX_ALLOWED = "letters, digits and !_.*'()- in parts between slashes, without a slash at either end";

/** @throws {VariablesError} naming every bad variable */
export function readConfig(environment: Environment): ConsumerConfig {
  const variables = new Variables<keyof ConsumerVariables>(environment);
  const config: ConsumerConfig = {
    kafka: readKafkaConnection(variables),
    topic: variables.text('KAFKA_TOPIC', {
      pattern: /^(?!\.{1,2}$)[\w.-]{1,249}$/,
      allowed: 'a topic name: at most 249 letters, digits, dots, underscores and hyphens',
    }),
    groupId: variables.text('KAFKA_GROUP_ID', { allowed: 'the name of a consumer group' }),
    sessionTimeoutMs: variables.integer('SESSION_TIMEOUT_MS', { default: 45_000, min: 3000, max: 1_800_000 }),
    ...readStore(variables),
    limits: {
      maxRecords: variables.integer('FLUSH_MAX_RECORDS', { default: 10_000, min: 1, max: 10_000_000 }),
      maxBytes: variables.integer('FLUSH_MAX_BYTES', { default: 8 * MiB, min: 1, max: 1024 * MiB }),
      maxAgeMs: variables.integer('FLUSH_MAX_AGE_MS', { default: 30_000, min: 10, max: DAY_MS }),
      maxSpan: variables.integer('MAX_SPAN', { default: 100_000, min: 1, max: 1_000_000_000_000 }),
    },
    maxBufferedBytes: variables.integer('MAX_BUFFERED_BYTES', {
      default: 128 * MiB,
      min: 16 * MiB,
      max: 64 * 1024 * MiB,
    }),
    listen: {
      host: variables.text('LISTEN_ADDRESS', { default: '0.0.0.0' }),
      port: variables.integer('PORT', { default: 8081, min: 0, max: 65_535 }),
    },
    logLevel: variables.choice('LOG_LEVEL', logLevels, 'info'),
    shutdownDeadlineMs: variables.integer('SHUTDOWN_DEADLINE_MS', {
      default: 30_000,
      min: 1000,
      max: 3_600_000,
    }),
  };
  const { limits } = config;
  if (limits.maxRecords > limits.maxSpan) {
    variables.problem(
      `FLUSH_MAX_RECORDS must be at most MAX_SPAN (${limits.maxSpan}), got "${limits.maxRecords}": ` +
        'no object can hold more records than it spans offsets',
    );
  }
  variables.check();
  return config;
}

/** @throws {VariablesError} naming every bad variable of the store */
export function readStoreConfig(environment: Environment): StoreConfig {
  const variables = new Variables<keyof ConsumerVariables>(environment);
  const config = readStore(variables);
  variables.check();
  return config;
}

function readStore(variables: Variables<keyof ConsumerVariables>): StoreConfig {
  const prefix = variables.text('STORE_PREFIX', {
    default: 'events',
    pattern: PREFIX,
    allowed: PREFIX_ALLOWED,
  });
  const continues = variables.optionalText('STORE_CONTINUES');
  if (continues !== undefined && !PREFIX.test(continues)) {
    variables.refuse('STORE_CONTINUES', continues, PREFIX_ALLOWED);
  }
  if (continues === prefix) {
    variables.problem(
      `STORE_CONTINUES must be another prefix than STORE_PREFIX, got ${JSON.stringify(prefix)}`,
    );
  }
  return {
    bucket: readBucket(variables),
    prefix,
    layout: {
      codec: variables.choice('OBJECT_CODEC', ['none', 'gzip', 'zstd'], 'gzip'),
      delivery: variables.choice('DELIVERY', ['exactly-once', 'at-least-once'], 'exactly-once'),
      continues,
    },
  };
}

function readBucket(variables: Variables<keyof ConsumerVariables>): BucketOptions {
  const endpoint = variables.optionalText('STORE_ENDPOINT');
  if (endpoint !== undefined && !/^https?:$/.test(URL.parse(endpoint)?.protocol ?? '')) {
    variables.refuse('STORE_ENDPOINT', endpoint, 'a URL that begins with http:// or https://');
  }
  const bucket = variables.text('STORE_BUCKET', { pattern: BUCKET, allowed: BUCKET_ALLOWED });
  const pathStyle = variables.boolean('STORE_PATH_STYLE', false);
  if (bucket.includes('.') && !pathStyle && endpoint?.startsWith('http://') !== true) {
    variables.problem(
      `STORE_BUCKET must be without dots where STORE_PATH_STYLE is false and STORE_ENDPOINT is https, got "${bucket}": ` +
        'a certificate for *.host is good for one label before the host',
    );
  }
  return {
    endpoint,
    bucket,
    region: variables.text('STORE_REGION', { default: 'us-east-1' }),
    pathStyle,
    ca: variables.file('STORE_CA_FILE'),
    checksums: variables.choice('STORE_CHECKSUMS', ['when-supported', 'when-required'], 'when-supported'),
  };
}
