import { z } from 'zod';

const name = z
  .string()
  .regex(/^[a-zA-Z0-9][\w+=,.@-]{0,63}$/, 'a name of at most 64 of letters, digits and +=,.@_-');

const arn = z
  .string()
  .regex(
    /^arn:aws[\w-]*:[\w-]+:[\w-]*:\d{12}:.+$/,
    'an ARN, such as arn:aws:kms:eu-central-1:123456789012:key/…',
  );

/** A search cluster of AWS' own, where none exists elsewhere. */
const searchDomain = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]{2,27}$/, 'a domain name of 3 to 28 of a-z, 0-9 and -'),
  engineVersion: z
    .string()
    .regex(/^OpenSearch_\d+\.\d+$/, 'an engine and its version, such as OpenSearch_2.19'),
  instanceType: z.string().regex(/\.search$/, 'an instance type of OpenSearch, such as r7g.large.search'),
  /** One a zone. */
  instances: z.literal([1, 2, 3]),
  volumeGi: z.int().min(10),
  subnetIds: z.array(z.string().regex(/^subnet-[0-9a-f]+$/, 'the id of a subnet')).min(1),
  securityGroupIds: z.array(z.string().regex(/^sg-[0-9a-f]+$/, 'the id of a security group')).min(1),
});

/**
 * What Pulumi makes in AWS beside the cluster. Physical names stand here and in the rest of the environment, since the
 * manifests, which name them, are made before anything is.
 */
export const aws = z.strictObject({
  /** Another account's credentials are refused. */
  accountId: z.string().regex(/^\d{12}$/, 'an account id of 12 digits'),
  region: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'a region, such as eu-central-1'),
  /** Makes the bucket that `objectStore` names. @default it exists already */
  bucket: z
    .strictObject({
      /** @default keys that S3 keeps itself (SSE-S3) */
      kmsKeyArn: arn.optional(),
    })
    .optional(),
  /** Makes the consumer's role, and binds it to its service account by EKS Pod Identity. @default it exists already */
  consumerRole: z.strictObject({ name, clusterName: name }).optional(),
  /** Makes a repository of ECR for each of our own images, where `images.registry` says. */
  repositories: z.boolean(),
  searchDomain: searchDomain.optional(),
});
export type Aws = z.infer<typeof aws>;

/** Host of an account's registry. */
export function ecrHost({ accountId, region }: Pick<Aws, 'accountId' | 'region'>): string {
  return `${accountId}.dkr.ecr.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
}
