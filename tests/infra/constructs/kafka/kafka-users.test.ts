import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KafkaUsers, type KafkaUsersProps } from '../../../../infra/constructs/kafka/kafka-users.ts';
import { synthesize, valueAt } from '../../manifests.ts';

const props: Required<KafkaUsersProps> = {
  namespace: 'headwater',
  image: 'application:1',
  replicationServers: 'kafka-brokers:9091',
  certificateSecret: 'kafka-certificate-v1',
  passwordSecrets: { producer: 'kafka-producer-v1', consumer: 'kafka-consumer-v1' },
};

function jobOf(changes: Partial<KafkaUsersProps> = {}) {
  const manifests = synthesize((chart) => new KafkaUsers(chart, 'Users', { ...props, ...changes }));
  const job = manifests.find(({ kind }) => kind === 'Job');
  assert.ok(job);
  return job;
}

test('each user has its password from a Secret of its own, as a file and not as a variable', () => {
  const pod = valueAt(jobOf(), 'spec', 'template', 'spec');
  const secrets = (valueAt(pod, 'volumes') as { secret: { secretName: string } }[]).map(
    ({ secret }) => secret.secretName,
  );
  assert.deepEqual(secrets, ['kafka-certificate-v1', 'kafka-consumer-v1', 'kafka-producer-v1']);
  assert.ok((valueAt(pod, 'containers', 0, 'env') as object[]).every((entry) => !('valueFrom' in entry)));
});

test('a Secret of a new name is a new Job', () => {
  const rotated = { ...props.passwordSecrets, producer: 'kafka-producer-v2' };
  assert.notEqual(jobOf({ passwordSecrets: rotated }).metadata.name, jobOf().metadata.name);
});
