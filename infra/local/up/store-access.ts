import { S3Client } from '@aws-sdk/client-s3';
import type { ConsumerVariables } from '../../../apps/consumer/config.ts';
import type { Host } from '../host.ts';
import type { ObjectStore } from '../object-store.ts';
import type { StoreLocation } from '../verify/store-reader.ts';
import type { UserStore } from './options.ts';
import type { StoreAddress } from './state.ts';

type StoreVariables = Pick<
  ConsumerVariables,
  | 'AWS_ACCESS_KEY_ID'
  | 'AWS_SECRET_ACCESS_KEY'
  | 'STORE_ENDPOINT'
  | 'STORE_BUCKET'
  | 'STORE_PREFIX'
  | 'STORE_REGION'
  | 'STORE_PATH_STYLE'
>;

/** Access to one bucket for the consumer and the checker. */
export interface StoreAccess {
  readonly variables: StoreVariables;
  readonly location: StoreLocation;
  readonly address: StoreAddress;
  readonly client: () => S3Client;
  /** For people. */
  readonly description: string;
}

export const PREFIX = 'events';

export function ownStore(store: ObjectStore): StoreAccess {
  const { endpoint, bucket, region, credentials, credentialsFile, files } = store;
  return {
    variables: {
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      STORE_ENDPOINT: endpoint,
      STORE_BUCKET: bucket,
      STORE_PREFIX: PREFIX,
      STORE_REGION: region,
      STORE_PATH_STYLE: 'true',
    },
    location: { bucket, prefix: PREFIX },
    address: { bucket, prefix: PREFIX, endpoint, credentialsFile },
    client: () => store.client(),
    description: `s3://${bucket}/${PREFIX} at ${endpoint}, files in ${files}`,
  };
}

/** The user's bucket: credentials come from the environment, by the AWS SDK's standard chain. */
export function userStore({ bucket, prefix, endpoint }: UserStore, { env }: Host): StoreAccess {
  const region = env['AWS_REGION'] ?? 'us-east-1';
  return {
    variables: {
      STORE_BUCKET: bucket,
      STORE_PREFIX: prefix,
      STORE_REGION: region,
      // A custom endpoint rarely serves buckets as host names.
      ...(endpoint !== undefined && { STORE_ENDPOINT: endpoint, STORE_PATH_STYLE: 'true' }),
    },
    location: { bucket, prefix },
    address: { bucket, prefix, ...(endpoint !== undefined && { endpoint }) },
    client: () => new S3Client({ region, ...(endpoint !== undefined && { endpoint, forcePathStyle: true }) }),
    description: `s3://${bucket}/${prefix}${endpoint === undefined ? '' : ` at ${endpoint}`}`,
  };
}
