import * as kubernetes from '@pulumi/kubernetes';
import { buildPlatform } from '../../platform.ts';
import { kafkaHosts } from '../../constructs/kafka/kafka-hosts.ts';
import type { Environment } from '../../environments/environment.ts';
import { readEnvironment } from '../../environments/read-environment.ts';
import { endingCertificates } from '../stack/certificates.ts';
import { checkCluster, questionsFor } from '../preflight/cluster-requirements.ts';
import type { ClusterFacts, ClusterQuestions } from '../preflight/cluster-facts.ts';
import { makeAws } from './make-aws.ts';
import { readObjects } from '../stack/platform-objects.ts';
import { registerPlatform } from './register-platform.ts';
import { findReplacements, type DeployedResource } from './replacements.ts';
import { readSettings, type StackConfiguration, type StackSettings } from '../stack/settings.ts';

/** What the program asks of the world outside it. */
export interface DeployContext {
  readonly configuration: StackConfiguration;
  readonly environments: Readonly<Record<string, Environment>>;
  readonly readCluster: (context: string, questions: ClusterQuestions) => Promise<ClusterFacts>;
  /** Resources of the stack as they are. */
  readonly readDeployed: () => Promise<readonly DeployedResource[]>;
  readonly warn: (text: string) => void;
}

/** What a stack tells those who use it. */
export interface StackOutputs {
  readonly uploadUrl: string;
  readonly kafkaBootstrapServers: string;
  readonly bucket: string;
  /** Present where the UI is reached from outside. */
  readonly kafkaUiUrl?: string;
}

/**
 * Registers everything that an environment consists of. What stands against it is found before the first resource is
 * registered, so that nothing is half done.
 *
 * @throws Error that names everything which is missing or would be refused, one line each
 */
export async function deploy(context: DeployContext): Promise<StackOutputs> {
  const { configuration, environments, readCluster, readDeployed, warn } = context;
  const { stack } = configuration;
  const settings = readSettings(configuration, environments);
  const { environment } = settings;
  const objects = readObjects(buildPlatform(readEnvironment(environment)));
  const manifests = objects.map(({ manifest }) => manifest);

  const facts = await readCluster(settings.context, questionsFor(manifests));
  const { errors, warnings } = checkCluster(facts, settings, manifests, stack);
  const keepsData = environment.strict;
  const replacements = findReplacements(manifests, await readDeployed(), { keepsData, stack });
  for (const warning of [...warnings, ...endingSoon(settings)]) warn(warning);
  const problems = [...errors, ...replacements];
  if (problems.length > 0) {
    throw new Error(
      [`stack ${stack} is not touched:`, ...problems.map((problem) => `- ${problem}`)].join('\n'),
    );
  }

  const provider = new kubernetes.Provider('cluster', {
    context: settings.context,
    // Without it a changed context, the same cluster under another name, would replace every object.
    clusterIdentifier: facts.uid,
    enableServerSideApply: true,
    // Both are replaced otherwise; a hash in the pods' annotations, or a Secret's new name, rolls the pods.
    enableConfigMapMutable: true,
    enableSecretMutable: true,
  });
  registerPlatform({ objects, secrets: settings.secrets, keepsData, podsNeed: makeAws(settings) }, provider);
  return outputsOf(settings);
}

/** A Secret that two namespaces have is named once. */
function endingSoon({ secrets }: StackSettings): readonly string[] {
  const now = new Date();
  const lines = secrets.flatMap(({ name, values }) =>
    endingCertificates(values, now).map(([key, warning]) => `${name}.${key}: ${warning}`),
  );
  return [...new Set(lines)];
}

function outputsOf({ environment }: StackSettings): StackOutputs {
  const { edge, kafka, kafkaUi, objectStore, namespaces, clusterDomain } = environment;
  return {
    uploadUrl: `https://${edge.host}/upload`,
    kafkaBootstrapServers: `${kafkaHosts({ ...kafka, namespace: namespaces.pipeline, clusterDomain }).bootstrap}:${kafka.security.protocol === 'tls' ? 9093 : 9092}`,
    bucket: objectStore.bucket,
    ...(kafkaUi?.access.kind === 'public' && { kafkaUiUrl: `https://${kafkaUi.access.host}/` }),
  };
}
