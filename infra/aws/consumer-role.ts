import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';

export interface ConsumerRoleArgs {
  readonly roleName: string;
  /** The EKS cluster whose pods may take the role; it runs the agent of Pod Identity. */
  readonly clusterName: string;
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly bucketName: string;
  /** Paths in the bucket below which the consumer writes, without / at their ends: its own, and one that it continues. */
  readonly prefixes: readonly string[];
  /** Key of KMS that encrypts the bucket. @default keys that S3 keeps itself */
  readonly kmsKeyArn?: string;
}

/** What the consumer may do: write and read objects below its prefixes, and list them. It deletes nothing, so neither may it. */
export class ConsumerRole extends pulumi.ComponentResource {
  readonly arn: pulumi.Output<string>;

  constructor(name: string, args: ConsumerRoleArgs, options?: pulumi.ComponentResourceOptions) {
    super('headwater:aws:ConsumerRole', name, {}, options);
    const { roleName, clusterName, namespace, serviceAccount } = args;
    const parented = { parent: this };

    const role = new aws.iam.Role(
      name,
      { name: roleName, assumeRolePolicy: JSON.stringify(trust(args)) },
      parented,
    );
    const policy = new aws.iam.RolePolicy(
      `${name}-policy`,
      { role: role.name, policy: JSON.stringify(rights(args)) },
      parented,
    );
    new aws.eks.PodIdentityAssociation(
      `${name}-association`,
      { clusterName, namespace, serviceAccount, roleArn: role.arn },
      // A pod that starts in between would have the role and no rights.
      { ...parented, dependsOn: policy },
    );

    this.arn = role.arn;
    this.registerOutputs({ arn: this.arn });
  }
}

function trust({ clusterName, namespace, serviceAccount }: ConsumerRoleArgs): aws.iam.PolicyDocument {
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Service: 'pods.eks.amazonaws.com' },
        Action: ['sts:AssumeRole', 'sts:TagSession'],
        Condition: {
          StringEquals: {
            'aws:RequestTag/eks-cluster-name': clusterName,
            'aws:RequestTag/kubernetes-namespace': namespace,
            'aws:RequestTag/kubernetes-service-account': serviceAccount,
          },
        },
      },
    ],
  };
}

function rights({ bucketName, prefixes, kmsKeyArn }: ConsumerRoleArgs): aws.iam.PolicyDocument {
  const bucketArn = `arn:aws:s3:::${bucketName}`;
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'Objects',
        Effect: 'Allow',
        Action: ['s3:GetObject', 's3:PutObject'],
        Resource: prefixes.map((prefix) => `${bucketArn}/${prefix}/*`),
      },
      {
        // Without it a HEAD or GET of an object that is not there is answered 403 instead of 404; such a request has no
        // prefix, so that the condition must let that pass.
        Sid: 'Names',
        Effect: 'Allow',
        Action: 's3:ListBucket',
        Resource: bucketArn,
        Condition: { StringLikeIfExists: { 's3:prefix': prefixes.map((prefix) => `${prefix}/*`) } },
      },
      ...(kmsKeyArn === undefined
        ? []
        : [
            {
              Sid: 'Key',
              Effect: 'Allow' as const,
              Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
              Resource: kmsKeyArn,
            },
          ]),
    ],
  };
}
