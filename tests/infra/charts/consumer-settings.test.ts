import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readStoreConfig } from '../../../apps/consumer/config.ts';
import { consumerVariables } from '../../../infra/charts/consumer-settings.ts';
import type { KafkaClient } from '../../../infra/charts/kafka-client.ts';
import { everyOption } from '../../policies/options.ts';
import { environments } from '../../../infra/environments/environments.ts';

const client: KafkaClient = { variables: { KAFKA_BOOTSTRAP_SERVERS: 'kafka:9092' }, mounts: [] };

test('the prefix that is continued reaches the consumer, and is left out where none is', () => {
  // A file that is there in the pod alone.
  const variables = { ...consumerVariables(everyOption, client), STORE_CA_FILE: undefined };
  assert.deepEqual(readStoreConfig(variables).layout, {
    codec: 'zstd',
    delivery: 'exactly-once',
    continues: 'events',
  });
  assert.equal('STORE_CONTINUES' in consumerVariables(environments.production, client), false);
});
