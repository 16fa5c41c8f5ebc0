import * as aws from '@pulumi/aws';
import type * as pulumi from '@pulumi/pulumi';
import { ConsumerRole } from '../../aws/consumer-role.ts';
import { EventBucket } from '../../aws/event-bucket.ts';
import { ImageRepositories } from '../../aws/image-repositories.ts';
import { SearchDomain } from '../../aws/search-domain.ts';
import { ownRepositories } from '../../images.ts';
import type { StackSettings } from '../stack/settings.ts';

/** The consumer's service account, by the construct's name. */
const CONSUMER_ACCOUNT = 'consumer';

/**
 * Creates the AWS resources of an environment, if any.
 *
 * @returns what pods need before they start
 */
export function makeAws({ environment, secrets }: StackSettings): readonly pulumi.Resource[] {
  const { aws: wanted, objectStore, consumer, namespaces, logging, strict } = environment;
  if (wanted === undefined) return [];
  const { accountId, region, bucket, consumerRole, repositories, searchDomain } = wanted;
  const provider = new aws.Provider('aws', {
    region: region as aws.Region,
    allowedAccountIds: [accountId],
    defaultTags: { tags: { 'headwater:environment': environment.name } },
  });
  const kmsKey = bucket?.kmsKeyArn !== undefined && { kmsKeyArn: bucket.kmsKeyArn };
  const made: pulumi.Resource[] = [];

  if (bucket !== undefined) {
    const { bucket: bucketName, expiryDays } = objectStore;
    made.push(
      new EventBucket(
        'events',
        { bucket: bucketName, expiryDays, ...kmsKey, keepsData: strict },
        { provider },
      ),
    );
  }
  if (consumerRole !== undefined) {
    const args = {
      roleName: consumerRole.name,
      clusterName: consumerRole.clusterName,
      namespace: namespaces.pipeline,
      serviceAccount: CONSUMER_ACCOUNT,
      bucketName: objectStore.bucket,
      prefixes: [consumer.prefix, ...(consumer.continues === undefined ? [] : [consumer.continues])],
      ...kmsKey,
    };
    made.push(new ConsumerRole('consumer', args, { provider }));
  }
  if (repositories) {
    const args = { repositories: ownRepositories(environment.images?.registry) };
    made.push(new ImageRepositories('images', args, { provider }));
  }
  if (searchDomain !== undefined) {
    const { name: domainName, ...domain } = searchDomain;
    const login = secrets.find(({ name }) => name === logging.search.credentialsSecret)?.values;
    const args = {
      domainName,
      ...domain,
      login: { username: login?.['username'] ?? '', password: login?.['password'] ?? '' },
      keepsData: strict,
    };
    made.push(new SearchDomain('search', args, { provider }));
  }
  return made;
}
