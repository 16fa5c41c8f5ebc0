import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { S3Client } from '@aws-sdk/client-s3';
import { UsageError } from '../../command-line.ts';
import { requireEndpoint } from '../server-options.ts';
import type { StoreLocation } from './store-reader.ts';

/** The options `--store` and `--endpoint`. */
export interface StoreOptions {
  readonly location: StoreLocation;
  /** URL; undefined for AWS itself. */
  readonly endpoint: string | undefined;
}

/** @throws {UsageError} */
export function readStoreOptions(store: string, endpoint: string | undefined): StoreOptions {
  const [, bucket, prefix = ''] = /^s3:\/\/([a-z0-9][a-z0-9.-]+)(?:\/(.*?))?\/*$/.exec(store) ?? [];
  if (bucket === undefined) {
    throw new UsageError(`--store must be s3://BUCKET or s3://BUCKET/PREFIX, got ${store}`);
  }
  if (endpoint !== undefined) requireEndpoint(endpoint);
  return { location: { bucket, prefix }, endpoint };
}

/** @param credentials as variables. @default those of the AWS SDK's standard chain, as the region */
export function connectStore(
  { endpoint }: StoreOptions,
  env: Readonly<Record<string, string | undefined>>,
  credentials?: Readonly<Record<string, string | undefined>>,
): S3Client {
  const { AWS_ACCESS_KEY_ID: accessKeyId = '', AWS_SECRET_ACCESS_KEY: secretAccessKey = '' } =
    credentials ?? {};
  // A custom endpoint rarely serves buckets as host names, and most ignore the region.
  const region = env['AWS_REGION'] ?? 'us-east-1';
  return new S3Client({
    ...(endpoint !== undefined && { endpoint, region, forcePathStyle: true }),
    ...(credentials !== undefined && { region, credentials: { accessKeyId, secretAccessKey } }),
  });
}

/** @param file with variables, as the local store writes it. @returns undefined without a file */
export function readCredentials(
  file: string | undefined,
): Readonly<Record<string, string | undefined>> | undefined {
  return file === undefined ? undefined : parseEnv(readFileSync(file, 'utf8'));
}
