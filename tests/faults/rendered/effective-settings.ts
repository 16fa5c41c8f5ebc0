import { ConfigResourceTypes, Connection, describeConfigsV4 } from '@platformatic/kafka';
import { LISTENER_PORTS } from '../../../infra/constructs/kafka/kafka-listeners.ts';
import type { RenderedCluster } from './rendered-cluster.ts';
import type { RenderedNode } from './rendered-node.ts';

/** What a node goes by, whatever its file says. */
export interface EffectiveSetting {
  readonly value: string | null | undefined;
  /** Kafka tells neither passwords nor what it does not know. */
  readonly isTold: boolean;
}

/** Asks a node itself, with the brokers' certificate as login. */
export async function effectiveSettings(
  { certificates }: Pick<RenderedCluster, 'certificates'>,
  { node: { id, host, roles } }: RenderedNode,
): Promise<ReadonlyMap<string, EffectiveSetting>> {
  const port = roles.includes('broker') ? LISTENER_PORTS.replication : LISTENER_PORTS.controller;
  const connection = new Connection('test', { tls: certificates });
  await connection.connect(host, port);
  try {
    const resource = { resourceType: ConfigResourceTypes.BROKER, resourceName: String(id) };
    const { results } = await describeConfigsV4.api.async(connection, [resource], true, false);
    const [{ configs, errorMessage } = { configs: [], errorMessage: 'no answer' }] = results;
    if (configs.length === 0) throw new Error(`node ${id} tells no settings: ${String(errorMessage)}`);
    return new Map(configs.map(({ name, value, isSensitive }) => [name, { value, isTold: !isSensitive }]));
  } finally {
    await connection.close();
  }
}
