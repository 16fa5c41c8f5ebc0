import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { gatewayObjects } from './edge-gateway.ts';
import { ingressObjects } from './edge-ingress.ts';
import type { EdgeKind, EdgeRoute } from './edge-routes.ts';
import { objectLabels } from '../workloads/labels.ts';
import { addWarning, requireThat } from '../workloads/requirements.ts';

export interface EdgeProps {
  readonly name: string;
  /** Namespace of the Services behind the routes, and of the TLS Secret. */
  readonly namespace: string;
  readonly edge: EdgeKind;
  readonly host: string;
  /** Secret with `tls.crt` and `tls.key`. */
  readonly tlsSecretName: string;
  readonly routes: readonly EdgeRoute[];
  /** Address blocks of allowed callers. @default - all */
  readonly clientCidrs?: readonly string[];
}

/** Every IPv4 address. */
const EVERYBODY = '0.0.0.0/0';

/** One host name and its routes, over TLS only, as an Ingress or a Gateway. */
export class Edge extends Construct {
  constructor(scope: Construct, id: string, props: EdgeProps) {
    super(scope, id);
    const { name, namespace, edge, host, tlsSecretName, clientCidrs = [EVERYBODY] } = props;

    requireThat(this, /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(host) && host.includes('.'), {
      subject: 'edge',
      property: 'host',
      value: host,
      allowed: 'a full host name without wildcard',
      because: 'an empty or wild host would take every request that no other route wants',
    });
    requireThat(this, tlsSecretName !== '', {
      subject: 'edge',
      property: 'tlsSecretName',
      value: tlsSecretName,
      allowed: 'the name of a Secret with tls.crt and tls.key',
    });
    const callers = clientCidrs.includes(EVERYBODY) ? undefined : clientCidrs;
    const knowsCallers = edge.kind === 'ingress' || edge.implementation === 'envoy-gateway';
    requireThat(this, callers === undefined || knowsCallers, {
      subject: 'edge',
      property: 'clientCidrs',
      value: clientCidrs.join(', '),
      allowed: `${EVERYBODY} if edge.kind is gateway and edge.implementation is not envoy-gateway`,
      because:
        'neither the Gateway API nor any other implementation can restrict it: every client would be admitted',
    });
    if (edge.kind === 'gateway' && edge.implementation === undefined) {
      addWarning(
        this,
        `${host}: the Gateway API has no field for a body limit: only the program behind it refuses bodies that are too large, ` +
          'and an implementation with its own smaller limit (NGINX Gateway Fabric: 1 MiB) refuses more. ' +
          'Set edge.implementation if you know it',
      );
    }

    const objects =
      edge.kind === 'ingress' ? ingressObjects(props, edge, callers) : gatewayObjects(props, edge, callers);
    const labels = objectLabels({ name, component: 'edge' });
    for (const { apiVersion, kind, name: objectName, annotations, spec } of objects) {
      new ApiObject(this, `${kind}-${objectName}`, {
        apiVersion,
        kind,
        metadata: {
          name: objectName,
          namespace,
          labels,
          ...(annotations && { annotations: { ...annotations } }),
        },
        spec,
      });
    }
  }
}
