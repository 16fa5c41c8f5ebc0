import * as pulumi from '@pulumi/pulumi';
import { environments } from './environments/environments.ts';
import { readCluster, readKubeConfig } from './pulumi/preflight/cluster.ts';
import { readConfiguration } from './pulumi/stack/configuration.ts';
import { deploy } from './pulumi/program/deploy.ts';
import { readDeployed } from './pulumi/command/deployed.ts';

/** What `pulumi preview` and `pulumi up` run. A mistake is told in its own words, without the stack of the program. */
async function main(): Promise<Record<string, pulumi.Input<string>>> {
  try {
    return {
      ...(await deploy({
        configuration: readConfiguration(),
        environments,
        readCluster: (context, questions) => readCluster(readKubeConfig(context), questions),
        readDeployed: () => readDeployed(pulumi.getStack()),
        warn: (text) => void pulumi.log.warn(text),
      })),
    };
  } catch (error) {
    throw error instanceof Error ? new pulumi.RunError(error.message) : error;
  }
}

export default main;
