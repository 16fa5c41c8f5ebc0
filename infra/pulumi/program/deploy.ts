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

/** External input of the program. */
export interface DeployContext {
  readonly configuration: StackConfiguration;
  readonly environments: Readonly<Record<string, Environment>>;
  readonly readCluster: (context: string, questions: ClusterQuestions) => Promise<ClusterFacts>;
  /** The current resources of the stack. */
  readonly readDeployed: () => Promise<readonly DeployedResource[]>;
  readonly warn: (text: string) => void;
}

/** Outputs of the stack. */
export interface StackOutputs {
  readonly uploadUrl: string;
  readonly kafkaBootstrapServers: string;
  readonly bucket: string;
  /** Present if the UI is public. */
  readonly kafkaUiUrl?: string;
}

/**
 * Registers every resource of an environment. Checks everything before the first resource is registered, so that no
 * deployment stops halfway.
 *
 * @throws Error with every missing or refused item, one per line
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
    // Without it a changed context for the same cluster would replace every object.
    clusterIdentifier: facts.uid,
    enableServerSideApply: true,
    // Otherwise both are replaced; a hash in the pods' annotations, or a Secret's new name, rolls the pods.
    enableConfigMapMutable: true,
    enableSecretMutable: true,
  });
  registerPlatform({ objects, secrets: settings.secrets, keepsData, podsNeed: makeAws(settings) }, provider);
  return outputsOf(settings);
}

/** Lists a Secret in two namespaces once. */
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
