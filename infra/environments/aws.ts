import { z } from 'zod';
import { distinct } from './distinct.ts';

const name = z
  .string()
  .regex(/^[a-zA-Z0-9][\w+=,.@-]{0,63}$/, 'a name of at most 64 of letters, digits and +=,.@_-');

const arn = z
  .string()
  .regex(
    /^arn:aws[\w-]*:[\w-]+:[\w-]*:\d{12}:.+$/,
    'an ARN, such as arn:aws:kms:eu-central-1:123456789012:key/…',
  );

/** A search cluster of AWS, if there is none elsewhere. */
const searchDomain = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]{2,27}$/, 'a domain name of 3 to 28 of a-z, 0-9 and -'),
  engineVersion: z
    .string()
    .regex(/^OpenSearch_\d+\.\d+$/, 'an engine and its version, such as OpenSearch_2.19'),
  instanceType: z.string().regex(/\.search$/, 'an instance type of OpenSearch, such as r7g.large.search'),
  /** One per zone. */
  instances: z.literal([1, 2, 3]),
  volumeGi: z.int().min(10),
  subnetIds: distinct(z.string().regex(/^subnet-[0-9a-f]+$/, 'the id of a subnet')).min(1),
  securityGroupIds: distinct(z.string().regex(/^sg-[0-9a-f]+$/, 'the id of a security group')).min(1),
});

/**
 * AWS resources that Pulumi creates besides the cluster. The environment states their physical names, since the
 * manifests refer to them before they exist.
 */
export const aws = z.strictObject({
  /** Credentials of another account are refused. */
  accountId: z.string().regex(/^\d{12}$/, 'an account id of 12 digits'),
  region: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'a region, such as eu-central-1'),
  /** Creates the bucket of `objectStore`. @default it exists already */
  bucket: z
    .strictObject({
      /** @default keys of S3 (SSE-S3) */
      kmsKeyArn: arn.optional(),
    })
    .optional(),
  /**
   * Creates the consumer's role, and binds it to its service account by EKS Pod Identity. @default it exists already
   */
  consumerRole: z.strictObject({ name, clusterName: name }).optional(),
  /** Creates an ECR repository for each of our own images, at `images.registry`. */
  repositories: z.boolean(),
  searchDomain: searchDomain.optional(),
});
export type Aws = z.infer<typeof aws>;

/** Host name of an account's registry. */
export function ecrHost({ accountId, region }: Pick<Aws, 'accountId' | 'region'>): string {
  return `${accountId}.dkr.ecr.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
}
