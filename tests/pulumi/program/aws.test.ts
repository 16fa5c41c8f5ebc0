import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allEnvironments } from '../../infra/all-environments.ts';
import { environments } from '../../../infra/environments/environments.ts';
import type { Aws } from '../../../infra/environments/aws.ts';
import { production } from '../../../infra/environments/production.ts';
import { stackImages } from '../../../infra/images/stack-images.ts';
import lock from '../../../infra/images.lock.json' with { type: 'json' };
import { everyOption } from '../../policies/options.ts';
import type { Registered } from './mocks.ts';
import { deployUnderMocks, manifestsOf } from './stacks.ts';

const KEY = 'arn:aws:kms:eu-central-1:123456789012:key/0f3e';
const REGISTRY = '123456789012.dkr.ecr.eu-central-1.amazonaws.com/headwater';
const everything: Aws = {
  accountId: '123456789012',
  region: 'eu-central-1',
  bucket: { kmsKeyArn: KEY },
  consumerRole: { name: 'headwater-consumer', clusterName: 'production' },
  repositories: true,
  searchDomain: {
    name: 'pods',
    engineVersion: 'OpenSearch_2.19',
    instanceType: 'r7g.large.search',
    instances: 3,
    volumeGi: 100,
    subnetIds: ['subnet-0a', 'subnet-0b', 'subnet-0c'],
    securityGroupIds: ['sg-0a'],
  },
};

async function awsOf(aws: Aws | undefined, consumer = {}): Promise<readonly Registered[]> {
  const environment = structuredClone(production);
  Object.assign(environment.consumer, consumer);
  if (aws === undefined) delete environment.aws;
  else environment.aws = aws;
  if (aws?.repositories === true) environment.images = { registry: REGISTRY };
  const { registered, error } = await deployUnderMocks({ stack: 'production', environment });
  assert.equal(error, undefined);
  return registered.filter(({ type }) => /^(aws|pulumi:providers:aws|headwater:aws)/.test(type));
}

function find(registered: readonly Registered[], type: string, name: string): Registered['inputs'] {
  const found = registered.find((resource) => resource.type === type && resource.name === name);
  assert.ok(found, `${type} ${name} is not among ${registered.map((r) => `${r.type} ${r.name}`).join(', ')}`);
  return found.inputs;
}

const all = await awsOf(everything);
const least = await awsOf(production.aws);

test('the consumer may do this, and nothing else', () => {
  const { policy } = find(all, 'aws:iam/rolePolicy:RolePolicy', 'consumer-policy');
  assert.deepEqual(JSON.parse(String(policy)), {
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'Objects',
        Effect: 'Allow',
        Action: ['s3:GetObject', 's3:PutObject'],
        Resource: ['arn:aws:s3:::headwater-production-events/events/*'],
      },
      {
        Sid: 'Names',
        Effect: 'Allow',
        Action: 's3:ListBucket',
        Resource: 'arn:aws:s3:::headwater-production-events',
        Condition: { StringLikeIfExists: { 's3:prefix': ['events/*'] } },
      },
      { Sid: 'Key', Effect: 'Allow', Action: ['kms:Decrypt', 'kms:GenerateDataKey'], Resource: KEY },
    ],
  });
});

test('the consumer may close the chains of the prefix that it continues', async () => {
  const rolling = await awsOf(production.aws, { prefix: 'events-zstd', continues: 'events' });
  const { policy } = find(rolling, 'aws:iam/rolePolicy:RolePolicy', 'consumer-policy');
  const { Statement } = JSON.parse(String(policy)) as { Statement: { Resource: unknown }[] };
  assert.deepEqual(Statement[0]?.Resource, [
    'arn:aws:s3:::headwater-production-events/events-zstd/*',
    'arn:aws:s3:::headwater-production-events/events/*',
  ]);
});

test('without a key of ours, the consumer has no rights to any', () => {
  const { policy } = find(least, 'aws:iam/rolePolicy:RolePolicy', 'consumer-policy');
  assert.doesNotMatch(String(policy), /kms:/);
});

test('the role is taken by the consumer’s service account on that cluster alone', () => {
  const { assumeRolePolicy, name } = find(all, 'aws:iam/role:Role', 'consumer');
  assert.equal(name, 'headwater-consumer');
  assert.deepEqual(JSON.parse(String(assumeRolePolicy)), {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Service: 'pods.eks.amazonaws.com' },
        Action: ['sts:AssumeRole', 'sts:TagSession'],
        Condition: {
          StringEquals: {
            'aws:RequestTag/eks-cluster-name': 'production',
            'aws:RequestTag/kubernetes-namespace': 'headwater',
            'aws:RequestTag/kubernetes-service-account': 'consumer',
          },
        },
      },
    ],
  });
  const association = find(
    all,
    'aws:eks/podIdentityAssociation:PodIdentityAssociation',
    'consumer-association',
  );
  assert.deepEqual(association, {
    clusterName: 'production',
    namespace: 'headwater',
    serviceAccount: 'consumer',
    roleArn: 'arn:aws:mock:::consumer',
  });
});

test('pods start when the role is bound, and not before', async () => {
  const { registered } = await deployUnderMocks({ stack: 'production' });
  const consumer = registered.find(
    ({ type, name }) => type === 'kubernetes:apps/v1:Deployment' && name === 'headwater/consumer',
  );
  assert.ok(consumer?.waitsFor.includes('headwater:aws:ConsumerRole consumer'));
});

test('the bucket is the one that the consumer is given, and nobody else’s', () => {
  assert.equal(find(all, 'aws:s3/bucket:Bucket', 'events')['bucket'], production.objectStore.bucket);
  const access = find(all, 'aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock', 'events-public-access');
  assert.deepEqual(access, {
    bucket: production.objectStore.bucket,
    blockPublicAcls: true,
    blockPublicPolicy: true,
    ignorePublicAcls: true,
    restrictPublicBuckets: true,
  });
  assert.deepEqual(
    find(all, 'aws:s3/bucketOwnershipControls:BucketOwnershipControls', 'events-ownership')['rule'],
    {
      objectOwnership: 'BucketOwnerEnforced',
    },
  );
});

test('the bucket refuses what does not come over TLS', () => {
  const { policy } = find(all, 'aws:s3/bucketPolicy:BucketPolicy', 'events-policy');
  assert.deepEqual(JSON.parse(String(policy)), {
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'TlsOnly',
        Effect: 'Deny',
        Principal: '*',
        Action: 's3:*',
        Resource: ['arn:aws:mock:::events', 'arn:aws:mock:::events/*'],
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      },
    ],
  });
});

test('objects are encrypted, with a key of ours where there is one', () => {
  const type = 'aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration';
  assert.deepEqual(find(all, type, 'events-encryption')['rules'], [
    {
      applyServerSideEncryptionByDefault: { sseAlgorithm: 'aws:kms', kmsMasterKeyId: KEY },
      bucketKeyEnabled: true,
    },
  ]);
  assert.deepEqual(find(least, type, 'events-encryption')['rules'], [
    { applyServerSideEncryptionByDefault: { sseAlgorithm: 'AES256' }, bucketKeyEnabled: false },
  ]);
});

test('objects expire when the environment says, and what was deleted can be had back for a week', () => {
  assert.deepEqual(
    find(all, 'aws:s3/bucketVersioning:BucketVersioning', 'events-versioning')['versioningConfiguration'],
    { status: 'Enabled' },
  );
  const type = 'aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration';
  assert.deepEqual(find(all, type, 'events-lifecycle')['rules'], [
    {
      id: 'leftovers',
      status: 'Enabled',
      filter: {},
      noncurrentVersionExpiration: { noncurrentDays: 7 },
      abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
    },
    { id: 'expiry', status: 'Enabled', filter: {}, expiration: { days: 400 } },
  ]);
});

test('a tag in a repository is never another image, and images are scanned', () => {
  const repository = find(all, 'aws:ecr/repository:Repository', 'images-headwater-producer');
  assert.equal(repository['name'], 'headwater/producer');
  assert.equal(repository['imageTagMutability'], 'IMMUTABLE');
  assert.deepEqual(repository['imageScanningConfiguration'], { scanOnPush: true });
  find(all, 'aws:ecr/lifecyclePolicy:LifecyclePolicy', 'images-headwater-kafka-lifecycle');
});

test('each of our own images has a repository, and pods pull it from there', () => {
  const names = all
    .filter(({ type }) => type === 'aws:ecr/repository:Repository')
    .map(({ inputs }) => String(inputs['name']));
  const repositories = names.map((name) => `${REGISTRY.split('/')[0] ?? ''}/${name}`);
  assert.deepEqual(
    [...new Set(Object.keys(lock.own).map((image) => `${REGISTRY}/${image.replace(/:.*/, '')}`))].sort(),
    repositories.sort(),
  );
  for (const base of [...Object.values(allEnvironments), everyOption]) {
    const environment = { ...base, aws: everything, images: { registry: REGISTRY } };
    const pulled = manifestsOf(environment).flatMap((manifest) =>
      Array.from(JSON.stringify(manifest).matchAll(/"image":"([^"]+)"/g), ([, image = '']) => image),
    );
    const others = Object.values(lock.others).map(({ reference }) => reference);
    const own = pulled.filter((image) => !others.includes(image));
    assert.ok(own.length >= 4);
    for (const image of own) assert.ok(repositories.includes(image.replace(/:[^:]*$/, '')), image);
    // What `npx headwater images --stack` pushes.
    assert.deepEqual(new Set(Object.values(stackImages(environment))), new Set(own));
  }
});

test('the search domain is encrypted, inside the VPC, and asks for the collectors’ login', () => {
  const domain = find(all, 'aws:opensearch/domain:Domain', 'search');
  assert.deepEqual(domain['encryptAtRest'], { enabled: true });
  assert.deepEqual(domain['nodeToNodeEncryption'], { enabled: true });
  assert.deepEqual(domain['vpcOptions'], {
    subnetIds: ['subnet-0a', 'subnet-0b', 'subnet-0c'],
    securityGroupIds: ['sg-0a'],
  });
  assert.match(JSON.stringify(domain['domainEndpointOptions']), /"enforceHttps":true/);
  assert.match(
    JSON.stringify(domain['advancedSecurityOptions']),
    /content of search-credentials-v1.username/,
  );
});

test('credentials of another account are refused', () => {
  assert.match(String(find(all, 'pulumi:providers:aws', 'aws')['allowedAccountIds']), /123456789012/);
});

test('children are named after their component', () => {
  const components = all.filter(({ type }) => type.startsWith('headwater:aws:')).map(({ name }) => name);
  assert.deepEqual(components.sort(), ['consumer', 'events', 'images', 'search']);
  for (const { name, type } of all.filter((resource) => resource.type.startsWith('aws:'))) {
    assert.ok(
      components.some((component) => name === component || name.startsWith(`${component}-`)),
      `${type} ${name}`,
    );
  }
});

test('an environment without AWS asks nothing of it, not even a provider', async () => {
  assert.deepEqual(await awsOf(undefined), []);
  for (const stack of ['dev', 'lab'] as const) {
    assert.equal(environments[stack].aws, undefined);
    const { registered } = await deployUnderMocks({ stack });
    assert.deepEqual(
      registered.filter(({ type }) => type.includes('aws')),
      [],
    );
  }
});
