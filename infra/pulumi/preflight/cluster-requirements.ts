import type { ClusterFacts, ClusterQuestions } from './cluster-facts.ts';
import type { Findings } from './findings.ts';
import { foreignApiOf } from './foreign-apis.ts';
import { checkBounds } from './namespace-bounds.ts';
import { schemaProblems } from './object-schema.ts';
import { claimsOf, describeObject, type Manifest } from '../stack/platform-objects.ts';
import type { Environment } from '../../environments/environment.ts';
import { checkSetSizes } from './set-sizes.ts';
import type { StackSettings } from '../stack/settings.ts';

/** First version with `preStop.sleep` on by default. */
const MINIMUM_VERSION = '1.30';
/** First version that copies topology labels from nodes to their pods. */
const POD_TOPOLOGY_LABELS_VERSION = '1.35';

/** Third-party kinds in the manifests: `keda.sh/v1alpha1/ScaledObject`. */
export function foreignKinds(manifests: readonly Manifest[]): readonly string[] {
  const foreign = manifests.filter((manifest) => foreignApiOf(manifest) !== undefined);
  return [...new Set(foreign.map(kindOf))];
}

/** The facts to read before manifests are applied. */
export function questionsFor(manifests: readonly Manifest[]): ClusterQuestions {
  const namespaces = manifests.flatMap(({ metadata: { namespace } }) => namespace ?? []);
  return { kinds: foreignKinds(manifests), namespaces: [...new Set(namespaces)] };
}

/** Checks a cluster for the manifests of a stack. */
export function checkCluster(
  facts: ClusterFacts,
  { environment, clusterUid }: Pick<StackSettings, 'environment' | 'clusterUid'>,
  manifests: readonly Manifest[],
  stack: string,
): Findings {
  const where = `context ${facts.context} (${facts.server})`;
  if (clusterUid === undefined) {
    return onlyError(
      `clusterUid: must be pinned before anything is applied, got nothing: if ${where} is the cluster of ${stack}, pulumi config set clusterUid ${facts.uid} --stack ${stack}`,
    );
  }
  if (clusterUid !== facts.uid) {
    return onlyError(
      `clusterUid: ${where} is not the cluster of stack ${stack}: it must be ${clusterUid}, got ${facts.uid}: choose another context, or another stack`,
    );
  }
  const bounds = checkBounds(manifests, {
    ...facts,
    defaultStorageClass: facts.storageClasses.find(({ isDefault }) => isDefault)?.name,
    quotaProperty: (namespace) => quotaProperty(environment, namespace),
  });
  const sizes = checkSetSizes(facts, environment, manifests);
  const minimum = environment.kafka.rack === 'pod-label' ? POD_TOPOLOGY_LABELS_VERSION : MINIMUM_VERSION;
  return {
    errors: [
      ...(isBefore(facts.version, minimum)
        ? [
            `Kubernetes: must be ${minimum} or newer for environment ${environment.name}, got ${facts.version}: upgrade the cluster${minimum === MINIMUM_VERSION ? '' : ', or set kafka.rack to none'}`,
          ]
        : []),
      ...missingKinds(facts, manifests),
      ...outdatedKinds(facts, manifests),
      ...missingStorageClasses(facts, manifests),
      ...missingPriorityClasses(facts, manifests),
      ...bounds.errors,
      ...sizes.errors,
    ],
    warnings: [...missingClasses(facts, manifests), ...bounds.warnings, ...sizes.warnings],
  };
}

function quotaProperty({ namespaces }: Environment, namespace: string): string {
  if (namespace === namespaces.logging) return 'logging.maxNodes';
  const role = Object.entries(namespaces).find(([, name]) => name === namespace)?.[0];
  return `quotas.${role ?? namespace}`;
}

function onlyError(error: string): Findings {
  return { errors: [error], warnings: [] };
}

function missingKinds({ kinds }: ClusterFacts, manifests: readonly Manifest[]): readonly string[] {
  const missing = manifests.flatMap((manifest) => {
    const { apiVersion, kind } = manifest;
    const api = foreignApiOf(manifest);
    return api === undefined || kinds.has(kindOf(manifest))
      ? []
      : [
          `${kind} (${apiVersion}) is not served: install ${api.project} (${api.url}), ${api.lowest} or newer, first`,
        ];
  });
  return [...new Set(missing)];
}

/** The API server drops a field that its release does not know, after everything else was applied. */
function outdatedKinds({ kinds }: ClusterFacts, manifests: readonly Manifest[]): readonly string[] {
  return manifests.flatMap((manifest) => {
    const schema = kinds.get(kindOf(manifest));
    const api = foreignApiOf(manifest);
    if (schema === undefined || api === undefined) return [];
    return schemaProblems(schema, contentOf(manifest)).map(
      (problem) =>
        `${describeObject(manifest)}: ${problem}: install ${api.project}, ${api.lowest} or newer, first`,
    );
  });
}

function missingStorageClasses(
  { storageClasses }: ClusterFacts,
  manifests: readonly Manifest[],
): readonly string[] {
  const names = storageClasses.map(({ name }) => name);
  const missing = manifests.flatMap((manifest) =>
    claimsOf(manifest).flatMap(({ spec: { storageClassName } }) => {
      if (storageClassName === undefined) {
        return storageClasses.some(({ isDefault }) => isDefault)
          ? []
          : [
              `StorageClass: there is no default one, and the environment names none, so that volumes would never be made: set storageClassName to one of ${list(names)}`,
            ];
      }
      return names.includes(storageClassName)
        ? []
        : [
            `StorageClass ${storageClassName}: is missing, so that volumes would never be made: make it, or set storageClassName to one of ${list(names)}`,
          ];
    }),
  );
  return [...new Set(missing)];
}

/** The API server rejects pods with a missing priority class. */
function missingPriorityClasses(
  { priorityClasses }: ClusterFacts,
  manifests: readonly Manifest[],
): readonly string[] {
  const made = manifests.filter(({ kind }) => kind === 'PriorityClass').map(({ metadata }) => metadata.name);
  const known = new Set([...priorityClasses, ...made]);
  const missing = manifests.flatMap(({ spec }) => {
    const { template } = (spec ?? {}) as { template?: { spec?: { priorityClassName?: string } } };
    const name = template?.spec?.priorityClassName;
    return name === undefined || known.has(name)
      ? []
      : [
          `PriorityClass ${name}: is missing, so that none of its pods would be taken: make it, or set priority to classes of ${list(priorityClasses)}`,
        ];
  });
  return [...new Set(missing)];
}

/** The API server stores routes without a controller, but they have no effect. */
function missingClasses(facts: ClusterFacts, manifests: readonly Manifest[]): readonly string[] {
  const own = new Set(
    manifests.filter(({ kind }) => kind === 'IngressClass').map(({ metadata }) => metadata.name),
  );
  const warnings = manifests.flatMap((manifest) => {
    const spec = manifest['spec'] as { ingressClassName?: string; gatewayClassName?: string } | undefined;
    if (manifest.kind === 'Ingress' && spec?.ingressClassName !== undefined) {
      const { ingressClassName: name } = spec;
      return own.has(name) || facts.ingressClasses.includes(name)
        ? []
        : [
            `IngressClass ${name} is missing, so no controller serves ${describeObject(manifest)}: install its controller, or set edge.ingressClassName to one of ${list(facts.ingressClasses)} (ingress-nginx had its last release in March 2026: edge.kind gateway is the way on)`,
          ];
    }
    if (manifest.kind === 'Gateway' && spec?.gatewayClassName !== undefined) {
      const { gatewayClassName: name } = spec;
      return facts.gatewayClasses.includes(name)
        ? []
        : [
            `GatewayClass ${name} is missing, so no controller serves ${describeObject(manifest)}: install its controller, or set edge.gatewayClassName to one of ${list(facts.gatewayClasses)}`,
          ];
    }
    return [];
  });
  return [...new Set(warnings)];
}

/** Requirements that depend on a third-party project. */
function contentOf(manifest: Manifest): object {
  const shared = ['apiVersion', 'kind', 'metadata'];
  return Object.fromEntries(Object.entries(manifest).filter(([field]) => !shared.includes(field)));
}

function kindOf({ apiVersion, kind }: Manifest): string {
  return `${apiVersion}/${kind}`;
}

function list(names: readonly string[]): string {
  return names.length === 0 ? 'none there is' : names.join(', ');
}

function isBefore(version: string, minimum: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [wantedMajor = 0, wantedMinor = 0] = minimum.split('.').map(Number);
  return major < wantedMajor || (major === wantedMajor && minor < wantedMinor);
}
