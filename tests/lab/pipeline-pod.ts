import { lab } from '../../infra/environments/lab.ts';

/** What the restricted profile of Pod Security asks of a container. */
export const RESTRICTED = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  runAsNonRoot: true,
  seccompProfile: { type: 'RuntimeDefault' },
};

/** A pod where the pipeline runs, to ask whether it would be admitted: its image is nowhere. */
export function pipelinePod(securityContext: object): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'shell', namespace: lab.namespaces.pipeline },
    spec: {
      automountServiceAccountToken: false,
      containers: [{ name: 'shell', image: 'shell:none', securityContext }],
    },
  };
}
