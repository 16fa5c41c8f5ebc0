import { ApiObject, type Duration, JsonPatch } from 'cdk8s';
import type { Workload } from 'cdk8s-plus-27';
import type { Identity } from './labels.ts';
import { statelessSpread } from './spread.ts';

export interface CompleteWorkloadProps {
  readonly identity: Identity;
  /** Spreads replicas over nodes and zones. @default false, as for a DaemonSet */
  readonly spreads?: boolean;
  /** Priority class of the pods. @default - the cluster's default class, or none */
  readonly priorityClassName?: string;
  /** How long the first container keeps serving after its pod's termination has started. @default - none */
  readonly preStopSleep?: Duration;
  /** Capabilities that the containers keep when all others are dropped. @default - none */
  readonly keptCapabilities?: readonly string[];
}

/**
 * Adds to a cdk8s-plus workload what that package, made for Kubernetes 1.27, cannot express. Every patched field of a
 * workload is patched here:
 * - `seccompProfile`: required by the Pod Security profile `restricted`, missing in its security context.
 * - `capabilities.drop: [ALL]`: its list of capabilities has no `ALL`, and a prefix that the Pod Security profiles do
 *   not know.
 * - the label `cdk8s.io/metadata.addr`, a hash of the construct's path, is removed: otherwise moving a construct would
 *   roll its pods.
 * - `enableServiceLinks: false`: otherwise every Service of the namespace becomes environment variables of the pod, and
 *   a Service named `kafka` sets `KAFKA_PORT`, which the programs would read as their own.
 * - `topologySpreadConstraints`: its `scheduling.spread` only offers anti-affinity, which allows one pod per zone.
 * - `priorityClassName`: it has no property for it.
 * - `preStop.sleep` (Kubernetes 1.30): needs no `sleep` program in the image.
 *
 * Called once, after the last container was added.
 */
export function completeWorkload(workload: Workload, props: CompleteWorkloadProps): void {
  const { identity, spreads = false, priorityClassName, preStopSleep, keptCapabilities = [] } = props;
  const pod = '/spec/template/spec';
  patchRendered(
    ApiObject.of(workload),
    JsonPatch.add(`${pod}/securityContext/seccompProfile`, { type: 'RuntimeDefault' }),
    JsonPatch.add(`${pod}/enableServiceLinks`, false),
    JsonPatch.remove('/spec/template/metadata/labels/cdk8s.io~1metadata.addr'),
    ...paths(workload).map((path) =>
      JsonPatch.add(`${pod}/${path}/securityContext/capabilities`, {
        drop: ['ALL'],
        ...(keptCapabilities.length > 0 && { add: [...keptCapabilities] }),
      }),
    ),
    ...(spreads ? [JsonPatch.add(`${pod}/topologySpreadConstraints`, statelessSpread(identity))] : []),
    ...(priorityClassName === undefined
      ? []
      : [JsonPatch.add(`${pod}/priorityClassName`, priorityClassName)]),
    ...(preStopSleep === undefined
      ? []
      : [
          JsonPatch.add(`${pod}/containers/0/lifecycle`, {
            preStop: { sleep: { seconds: preStopSleep.toSeconds() } },
          }),
        ]),
  );
}

/**
 * Patches the rendered object. cdk8s' own `addJsonPatch` runs before the typed class, which drops every field that its
 * types do not have: `preStop.sleep` would be an empty hook.
 */
function patchRendered(object: ApiObject, ...patches: readonly JsonPatch[]): void {
  const render = object.toJson.bind(object);
  object.toJson = () => JsonPatch.apply(render(), ...patches) as unknown;
}

function paths({ containers, initContainers }: Workload): readonly string[] {
  return [
    ...containers.map((_, index) => `containers/${index}`),
    ...initContainers.map((_, index) => `initContainers/${index}`),
  ];
}
