import type { TestContext } from 'node:test';
import { Brokers, type BrokersOptions } from '../../../apps/kafka/connections/brokers.ts';
import { CONSUMER_REQUESTS } from '../../../apps/kafka/messages/requests.ts';
import { ScriptedCluster } from './scripted/cluster.ts';

/** Scripted brokers and what asks them. */
export async function start(
  t: TestContext,
  count: number,
  timeoutsMs: BrokersOptions['timeoutsMs'] = { control: 5_000 },
): Promise<{ readonly cluster: ScriptedCluster; readonly brokers: Brokers }> {
  const cluster = new ScriptedCluster();
  for (let broker = 0; broker < count; broker++) await cluster.addBroker();
  const brokers = new Brokers({
    connection: { bootstrapBrokers: cluster.endpoints },
    clientId: 'test',
    requests: CONSUMER_REQUESTS,
    openTimeoutMs: 5_000,
    timeoutsMs,
  });
  t.after(async () => {
    brokers.close();
    await cluster.close();
  });
  return { cluster, brokers };
}
