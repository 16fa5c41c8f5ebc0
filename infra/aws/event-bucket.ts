import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';

export interface EventBucketArgs {
  readonly bucket: string;
  /** Days after which an object is deleted; `never` keeps all. */
  readonly expiryDays: number | 'never';
  /** Key of KMS that encrypts the objects. @default keys that S3 keeps itself */
  readonly kmsKeyArn?: string;
  /** Neither the stack's end nor a change of the program deletes the bucket. */
  readonly keepsData: boolean;
}

/** Days after which what was overwritten or left unfinished goes for good. */
const LEFTOVER_DAYS = 7;

/** The bucket that keeps the events: private, encrypted, over TLS alone, and every deletion undone within a week. */
export class EventBucket extends pulumi.ComponentResource {
  readonly arn: pulumi.Output<string>;

  constructor(name: string, args: EventBucketArgs, options?: pulumi.ComponentResourceOptions) {
    super('headwater:aws:EventBucket', name, {}, options);
    const { kmsKeyArn, keepsData, expiryDays } = args;
    const parented = { parent: this };

    const { bucket, arn } = new aws.s3.Bucket(
      name,
      { bucket: args.bucket },
      { ...parented, protect: keepsData, retainOnDelete: keepsData },
    );
    new aws.s3.BucketOwnershipControls(
      `${name}-ownership`,
      { bucket, rule: { objectOwnership: 'BucketOwnerEnforced' } },
      parented,
    );
    const closed = new aws.s3.BucketPublicAccessBlock(
      `${name}-public-access`,
      {
        bucket,
        blockPublicAcls: true,
        blockPublicPolicy: true,
        ignorePublicAcls: true,
        restrictPublicBuckets: true,
      },
      parented,
    );
    const versioning = new aws.s3.BucketVersioning(
      `${name}-versioning`,
      { bucket, versioningConfiguration: { status: 'Enabled' } },
      parented,
    );
    new aws.s3.BucketServerSideEncryptionConfiguration(
      `${name}-encryption`,
      {
        bucket,
        rules: [
          {
            applyServerSideEncryptionByDefault:
              kmsKeyArn === undefined
                ? { sseAlgorithm: 'AES256' }
                : { sseAlgorithm: 'aws:kms', kmsMasterKeyId: kmsKeyArn },
            // One data key for many objects: without it each PUT asks KMS, which costs and throttles.
            bucketKeyEnabled: kmsKeyArn !== undefined,
          },
        ],
      },
      parented,
    );
    new aws.s3.BucketLifecycleConfiguration(
      `${name}-lifecycle`,
      {
        bucket,
        rules: [
          {
            id: 'leftovers',
            status: 'Enabled',
            filter: {},
            noncurrentVersionExpiration: { noncurrentDays: LEFTOVER_DAYS },
            abortIncompleteMultipartUpload: { daysAfterInitiation: LEFTOVER_DAYS },
          },
          ...(expiryDays === 'never'
            ? []
            : [{ id: 'expiry', status: 'Enabled', filter: {}, expiration: { days: expiryDays } }]),
        ],
      },
      { ...parented, dependsOn: versioning },
    );
    new aws.s3.BucketPolicy(
      `${name}-policy`,
      { bucket, policy: arn.apply((bucketArn) => JSON.stringify(tlsOnly(bucketArn))) },
      { ...parented, dependsOn: closed },
    );

    this.arn = arn;
    this.registerOutputs({ arn });
  }
}

function tlsOnly(bucketArn: string): aws.iam.PolicyDocument {
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'TlsOnly',
        Effect: 'Deny',
        Principal: '*',
        Action: 's3:*',
        Resource: [bucketArn, `${bucketArn}/*`],
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      },
    ],
  };
}
