import { INGRESS_NGINX } from '../../constructs/edge/ingress-nginx.ts';
import type { Environment } from '../../environments/environment.ts';
import { ofWorkload, podsUp, type WatchingAlert } from './series.ts';

/** Our own ingress controller. The data plane of a Gateway belongs to another project, which monitors it. */
export function edgeAlerts({ namespaces, edge }: Environment): readonly WatchingAlert[] {
  if (edge.kind !== 'ingress' || edge.controller === undefined) return [];
  return [
    {
      name: 'EdgeDown',
      expression: `${podsUp(ofWorkload(namespaces.ingress, INGRESS_NGINX))} < 1`,
      lasting: '3m',
      severity: 'critical',
      summary: 'No ingress controller responds',
      action: 'No client can upload. Check its pods, and the address of its Service.',
    },
  ];
}
