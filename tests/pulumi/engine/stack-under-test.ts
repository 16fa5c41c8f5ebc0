import type { Stack } from '@pulumi/pulumi/automation/index.js';
import type { Environment } from '../../../infra/environments/environment.ts';
import { needs } from '../../runner/needs.ts';
import { configurationOf } from '../program/stacks.ts';
import { startTestCluster, type TestCluster } from './cluster.ts';
import { makeBackend, openStack, removeBackend, secretConfiguration, type Backend } from './stack.ts';

/** Options of a test that applies a stack. */
export const DEADLINE = { timeout: 300_000, ...needs('etcd', 'openssl') };
/** Where the runner has not done so, the API server and the engine are built from their modules. */
export const BUILD_DEADLINE = { timeout: 2_400_000 };

/** A cluster without classes and foreign kinds, and one stack with its configuration. */
export interface StackUnderTest {
  readonly cluster: TestCluster;
  readonly backend: Backend;
  readonly stack: Stack;
  readonly stop: () => Promise<void>;
}

export interface StackUnderTestOptions {
  /** Read again at each operation, so that a test can change it. */
  readonly environment: () => Environment;
  /** @default the configuration that the environment needs */
  readonly configuration?: Readonly<Record<string, string>>;
}

/** Starts everything for the tests of one file; stops the started parts again if one fails. */
export async function startStackUnderTest({
  environment,
  configuration = configurationOf(environment()),
}: StackUnderTestOptions): Promise<StackUnderTest> {
  const endings: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const end of endings.toReversed()) await end();
  };
  try {
    const cluster = await startTestCluster();
    endings.push(cluster.stop);
    process.env['KUBECONFIG'] = cluster.kubeconfig;
    const backend = await makeBackend();
    endings.push(() => removeBackend(backend));
    const stack = await openStack({ backend, name: environment().name, environment });
    const values = { ...configuration, context: cluster.context, clusterUid: cluster.uid };
    await stack.setAllConfig(secretConfiguration(values, ['context', 'clusterUid']));
    return { cluster, backend, stack, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
