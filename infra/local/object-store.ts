import { randomBytes } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import type { Host } from './host.ts';
import { ManagedProcess, type ProcessOptions } from './managed-process.ts';
import { findFreePort } from './ports.ts';
import { makePrivateDirectory } from './private-directory.ts';
import { Toolchain } from './toolchain.ts';

export interface ObjectStoreOptions {
  readonly host: Host;
  /** Directory of its buckets, credentials, log and pid file; needs a file system with extended attributes. */
  readonly directory: string;
  readonly bucket: string;
  /** @default the usual cache, silently */
  readonly toolchain?: Toolchain;
  /** @default a free one */
  readonly port?: number;
  /** Address to listen on. @default the loopback address */
  readonly address?: string;
}

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** The region that requests must be signed for. */
const REGION = 'us-east-1';

/** An S3 server (versitygw) on loopback, with one bucket. Its objects are plain files below {@link files}. */
export class ObjectStore extends ManagedProcess {
  /** URL. */
  readonly endpoint: string;
  readonly region = REGION;
  readonly bucket: string;
  readonly credentials: Credentials;
  /** The credentials and the endpoint as variables. */
  readonly credentialsFile: string;
  readonly files: string;

  private constructor(
    place: Pick<ObjectStore, 'endpoint' | 'bucket' | 'credentials' | 'credentialsFile' | 'files'>,
    options: ProcessOptions,
  ) {
    super(options);
    this.endpoint = place.endpoint;
    this.bucket = place.bucket;
    this.credentials = place.credentials;
    this.credentialsFile = place.credentialsFile;
    this.files = place.files;
  }

  /** Prepares a server on its directory; `start` runs it. */
  static async create({
    host,
    directory,
    bucket,
    address = '127.0.0.1',
    ...options
  }: ObjectStoreOptions): Promise<ObjectStore> {
    const versitygw = await (options.toolchain ?? new Toolchain({ host })).versitygw();
    const port = options.port ?? (await findFreePort());
    const root = join(directory, 'objects');
    makePrivateDirectory(root);
    const endpoint = `http://${address}:${port}`;
    const credentialsFile = join(directory, 'object-store.env');
    const credentials = await writeAccess(credentialsFile, endpoint);
    return new ObjectStore(
      { endpoint, bucket, credentials, credentialsFile, files: join(root, bucket) },
      {
        host,
        name: 'object-store',
        directory,
        command: [
          versitygw,
          '--port',
          `${address}:${port}`,
          '--region',
          REGION,
          '--keep-alive',
          'posix',
          root,
        ],
        // Not as arguments, which every user of the machine can see.
        environment: {
          ROOT_ACCESS_KEY_ID: credentials.accessKeyId,
          ROOT_SECRET_ACCESS_KEY: credentials.secretAccessKey,
        },
        isReady: async () => (await fetch(endpoint, { signal: AbortSignal.timeout(2_000) })).status === 403,
        stopDeadlineMs: 10_000,
      },
    );
  }

  /** Starts the server and creates the bucket if it is missing. */
  override async start(): Promise<void> {
    await super.start();
    const client = this.client();
    try {
      await client.send(new CreateBucketCommand({ Bucket: this.bucket }));
    } catch (error) {
      if ((error as Error).name !== 'BucketAlreadyOwnedByYou') throw error;
    } finally {
      client.destroy();
    }
  }

  client(): S3Client {
    return new S3Client({
      endpoint: this.endpoint,
      region: this.region,
      credentials: this.credentials,
      forcePathStyle: true,
    });
  }
}

/**
 * Credentials, created once for each state directory. Only the owner can read the file. A shell, or Node's
 * `--env-file`, can load it for any S3 client.
 */
async function writeAccess(path: string, endpoint: string): Promise<Credentials> {
  const former = parseEnv(await readFile(path, 'utf8').catch(() => ''));
  const {
    AWS_ACCESS_KEY_ID: accessKeyId = `headwater${randomBytes(6).toString('hex')}`,
    AWS_SECRET_ACCESS_KEY: secretAccessKey = randomBytes(24).toString('base64url'),
  } = former;
  const variables = {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_REGION: REGION,
    AWS_ENDPOINT_URL: endpoint,
  };
  const lines = Object.entries(variables).map(([name, value]) => `${name}=${value}\n`);
  await writeFile(`${path}.unfinished`, lines.join(''), { mode: 0o600 });
  await rename(`${path}.unfinished`, path);
  return { accessKeyId, secretAccessKey };
}
