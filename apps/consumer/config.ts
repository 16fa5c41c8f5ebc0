import { z } from 'zod';
import { kafkaConnection, kafkaVariables, topicName, type KafkaConnection } from '../kafka/config.ts';
import { logLevels, type LogLevel } from '../service/log.ts';
import {
  file,
  flag,
  integer,
  oneOf,
  readVariables,
  text,
  whereGood,
  type Environment,
  type VariablesOf,
} from '../service/variables.ts';
import type { FlushLimits } from './object/segment-buffer.ts';
import type { Layout } from './object/layout.ts';
import type { BucketOptions } from './store/bucket.ts';

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
const ENDPOINT_ALLOWED = 'a URL that begins with http:// or https://';

/** The variables of a program that reads or writes the store; the others of the AWS SDK's chain are good too. */
const storeShape = {
  /** The AWS SDK reads it, as everything of its standard chain. */
  AWS_ACCESS_KEY_ID: text('an access key').optional(),
  /** The AWS SDK reads it. */
  AWS_SECRET_ACCESS_KEY: text('a secret key').optional(),
  /** URL; without it the region's own at AWS. */
  STORE_ENDPOINT: text(ENDPOINT_ALLOWED)
    .refine((endpoint) => /^https?:$/.test(URL.parse(endpoint)?.protocol ?? ''), ENDPOINT_ALLOWED)
    .optional(),
  STORE_BUCKET: text(BUCKET_ALLOWED, BUCKET),
  /** Without slashes at its ends. */
  STORE_PREFIX: text(PREFIX_ALLOWED, PREFIX).default('events'),
  /** The prefix whose chains this one's continue, each from where it ends. Said when the prefix is made. */
  STORE_CONTINUES: text(PREFIX_ALLOWED, PREFIX).optional(),
  STORE_REGION: text('a region').default('us-east-1'),
  /** `https://host/bucket/key` instead of `https://bucket.host/key`. */
  STORE_PATH_STYLE: flag().default(false),
  /** Path of a PEM file, instead of the authorities that Node trusts. */
  STORE_CA_FILE: file('the path of a PEM file').optional(),
  /** `when-required` for a store that refuses the checksums of 2025. */
  STORE_CHECKSUMS: oneOf(['when-supported', 'when-required']).default('when-supported'),
  /** `at-least-once` for a store without conditional writes. Belongs to the prefix. */
  DELIVERY: oneOf(['exactly-once', 'at-least-once']).default('exactly-once'),
  /** Belongs to the prefix. */
  OBJECT_CODEC: oneOf(['none', 'gzip', 'zstd']).default('gzip'),
};

type StoreValues = z.output<z.ZodObject<typeof storeShape>>;
type Context = z.core.$RefinementCtx;

const continuesAnother = [
  ({ STORE_CONTINUES: continues, STORE_PREFIX: prefix }: StoreValues, context: Context): void => {
    if (continues !== prefix) return;
    context.addIssue(
      `STORE_CONTINUES must be another prefix than STORE_PREFIX, got ${JSON.stringify(prefix)}`,
    );
  },
  whereGood('STORE_CONTINUES', 'STORE_PREFIX'),
] as const;

const nameFitsCertificate = [
  (values: StoreValues, context: Context): void => {
    const { STORE_BUCKET: bucket, STORE_PATH_STYLE: pathStyle, STORE_ENDPOINT: endpoint } = values;
    if (!bucket.includes('.') || pathStyle || endpoint?.startsWith('http://') === true) return;
    context.addIssue(
      `STORE_BUCKET must be without dots where STORE_PATH_STYLE is false and STORE_ENDPOINT is https, got "${bucket}": ` +
        'a certificate for *.host is good for one label before the host',
    );
  },
  whereGood('STORE_BUCKET', 'STORE_PATH_STYLE', 'STORE_ENDPOINT'),
] as const;

/** The environment variables of a command that works on the consumer's store. */
export const storeVariables = z
  .object(storeShape)
  .superRefine(...continuesAnother)
  .superRefine(...nameFitsCertificate);

/** The environment variables of the consumer. */
export const consumerVariables = kafkaVariables
  .safeExtend({
    KAFKA_TOPIC: topicName,
    KAFKA_GROUP_ID: text('the name of a consumer group'),
    ...storeShape,
    /** An object is closed at so many records. */
    FLUSH_MAX_RECORDS: integer(1, 10_000_000).default(10_000),
    /** Or at so many bytes of lines, before compression. */
    FLUSH_MAX_BYTES: integer(1, 1024 * MiB).default(8 * MiB),
    /** Or at this age of its first record, though nothing more arrives. */
    FLUSH_MAX_AGE_MS: integer(10, DAY_MS).default(30_000),
    /** What fetched and buffered records may take; the process takes at most 120 MiB more. */
    MAX_BUFFERED_BYTES: integer(16 * MiB, 64 * 1024 * MiB).default(128 * MiB),
    /** Offsets from start to end of an object. How far back a new owner lists. */
    MAX_SPAN: integer(1, 1_000_000_000_000).default(100_000),
    /** After so long without a sign of life another consumer takes over; the default is Kafka's. */
    SESSION_TIMEOUT_MS: integer(3000, 1_800_000).default(45_000),
    LISTEN_ADDRESS: text('an address to listen on').default('0.0.0.0'),
    /** 0 takes any free port, which the log names. */
    PORT: integer(0, 65_535).default(8081),
    LOG_LEVEL: oneOf(logLevels).default('info'),
    /** From SIGTERM to the exit; the pod's grace period. */
    SHUTDOWN_DEADLINE_MS: integer(1000, 3_600_000).default(30_000),
  })
  .superRefine(...continuesAnother)
  .superRefine(...nameFitsCertificate)
  .superRefine(
    ({ FLUSH_MAX_RECORDS: records, MAX_SPAN: span }, context) => {
      if (records <= span) return;
      context.addIssue(
        `FLUSH_MAX_RECORDS must be at most MAX_SPAN (${span}), got "${records}": ` +
          'no object can hold more records than it spans offsets',
      );
    },
    whereGood('FLUSH_MAX_RECORDS', 'MAX_SPAN'),
  );

export type ConsumerVariables = VariablesOf<typeof consumerVariables>;

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

/** @throws {VariablesError} naming every bad variable */
export function readConfig(environment: Environment): ConsumerConfig {
  const variables = readVariables(consumerVariables, environment);
  return {
    kafka: kafkaConnection(variables),
    topic: variables.KAFKA_TOPIC,
    groupId: variables.KAFKA_GROUP_ID,
    sessionTimeoutMs: variables.SESSION_TIMEOUT_MS,
    ...storeConfig(variables),
    limits: {
      maxRecords: variables.FLUSH_MAX_RECORDS,
      maxBytes: variables.FLUSH_MAX_BYTES,
      maxAgeMs: variables.FLUSH_MAX_AGE_MS,
      maxSpan: variables.MAX_SPAN,
    },
    maxBufferedBytes: variables.MAX_BUFFERED_BYTES,
    listen: { host: variables.LISTEN_ADDRESS, port: variables.PORT },
    logLevel: variables.LOG_LEVEL,
    shutdownDeadlineMs: variables.SHUTDOWN_DEADLINE_MS,
  };
}

/** @throws {VariablesError} naming every bad variable of the store */
export function readStoreConfig(environment: Environment): StoreConfig {
  return storeConfig(readVariables(storeVariables, environment));
}

function storeConfig(variables: StoreValues): StoreConfig {
  return {
    bucket: {
      endpoint: variables.STORE_ENDPOINT,
      bucket: variables.STORE_BUCKET,
      region: variables.STORE_REGION,
      pathStyle: variables.STORE_PATH_STYLE,
      ca: variables.STORE_CA_FILE,
      checksums: variables.STORE_CHECKSUMS,
    },
    prefix: variables.STORE_PREFIX,
    layout: {
      codec: variables.OBJECT_CODEC,
      delivery: variables.DELIVERY,
      continues: variables.STORE_CONTINUES,
    },
  };
}
