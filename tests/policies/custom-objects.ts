import { Gateway } from '@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1/Gateway';
import { HTTPRoute } from '@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1/HTTPRoute';
import { ScaledObject } from '@kubernetes-models/keda/keda.sh/v1alpha1/ScaledObject';
import { TriggerAuthentication } from '@kubernetes-models/keda/keda.sh/v1alpha1/TriggerAuthentication';
import { PodMonitor } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PodMonitor';
import { PrometheusRule } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PrometheusRule';
import type { Manifest } from '../infra/manifests.ts';
import { describe } from './platform-objects.ts';
import type { Policy } from './policy.ts';

/** Kinds that the API server learns from others, with the schemas that these publish. */
const MODELS: Readonly<Record<string, new (data: never) => { validate(): void }>> = {
  'gateway.networking.k8s.io/v1 Gateway': Gateway,
  'gateway.networking.k8s.io/v1 HTTPRoute': HTTPRoute,
  'keda.sh/v1alpha1 ScaledObject': ScaledObject,
  'keda.sh/v1alpha1 TriggerAuthentication': TriggerAuthentication,
  'monitoring.coreos.com/v1 PodMonitor': PodMonitor,
  'monitoring.coreos.com/v1 PrometheusRule': PrometheusRule,
};

/** Groups of Kubernetes itself, whose schemas the linters have. */
const OWN_GROUPS = /^(v1|apps\/v1|batch\/v1|policy\/v1|autoscaling\/v2|[a-z.]+\.k8s\.io\/v1)$/;

/**
 * Kinds for which no package has a schema. tests/cluster/foreign-apis.test.ts holds them to those of the projects' Go modules,
 * but for NGINX Gateway Fabric, which is in no registry.
 */
const WITHOUT_MODEL = new Set([
  'gateway.envoyproxy.io/v1alpha1 BackendTrafficPolicy',
  'gateway.envoyproxy.io/v1alpha1 ClientTrafficPolicy',
  'gateway.envoyproxy.io/v1alpha1 SecurityPolicy',
  'gateway.nginx.org/v1alpha1 ClientSettingsPolicy',
  'cert-manager.io/v1 Issuer',
  'cert-manager.io/v1 Certificate',
]);

export const customObjectPolicies: readonly Policy[] = [
  {
    title: 'objects of other groups match the schemas that these publish',
    violations: (objects) =>
      objects.flatMap((object) => {
        const kind = `${object.apiVersion} ${object.kind}`;
        const Model = MODELS[kind];
        if (Model === undefined) {
          return OWN_GROUPS.test(object.apiVersion) || WITHOUT_MODEL.has(kind)
            ? []
            : [`${describe(object)}: ${kind}`];
        }
        try {
          new Model(structuredClone(object) as never).validate();
          return [];
        } catch (error) {
          return [`${describe(object)}: ${String(error)}`];
        }
      }),
    mutation: (objects: Manifest[]) => {
      const route = objects.find(({ kind }) => kind === 'HTTPRoute') as unknown as {
        spec: { rules: { timeouts?: unknown }[] };
      };
      for (const rule of route.spec.rules) rule.timeouts = { request: 'soon' };
    },
  },
];
