const ANYTHING = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

/**
 * A kind that somebody else brings to a cluster, so that objects of it can be stored where it is not installed. Its fields
 * are not checked: the policies' tests do that, by its published model.
 */
export function customResourceDefinition(apiVersion: string, kind: string) {
  const [group = '', version = ''] = apiVersion.split('/');
  const singular = kind.toLowerCase();
  const plural = singular.endsWith('s') ? `${singular}es` : `${singular}s`;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${plural}.${group}`,
      // Groups of Kubernetes' own projects are refused without a word on who approved them.
      annotations: { 'api-approved.kubernetes.io': 'unapproved, for tests' },
    },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind, listKind: `${kind}List`, plural, singular },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', properties: { spec: ANYTHING, status: ANYTHING } } },
        },
      ],
    },
  };
}

/** KEDA's kinds. */
export const KEDA_KINDS = ['ScaledObject', 'TriggerAuthentication'].map((kind) =>
  customResourceDefinition('keda.sh/v1alpha1', kind),
);
