import { ApiObject } from 'cdk8s';
import { type k8s, ServiceAccount } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { objectLabels, type Identity } from '../workloads/labels.ts';

const GROUP = 'rbac.authorization.k8s.io';
const API = `${GROUP}/v1`;

export interface AccessProps {
  readonly name: string;
  /** Namespace of the account. */
  readonly namespace: string;
  readonly identity: Identity;
  /** Rights in the whole cluster. @default - none */
  readonly cluster?: readonly k8s.PolicyRule[];
  /** Rights in single namespaces, by namespace. @default - none */
  readonly namespaced?: Readonly<Record<string, readonly k8s.PolicyRule[]>>;
}

/**
 * A service account with a mounted token and exactly the given rights. Uses the plain API classes for roles: those of
 * cdk8s-plus cannot name single objects, which most of these rights need.
 */
export class Access extends Construct {
  constructor(scope: Construct, id: string, props: AccessProps) {
    super(scope, id);
    const { name, namespace, identity, cluster = [], namespaced = {} } = props;
    const labels = objectLabels(identity);
    const subjects = [{ kind: 'ServiceAccount', name, namespace }];

    new ServiceAccount(this, 'Account', { metadata: { name, namespace, labels }, automountToken: true });
    if (cluster.length > 0) {
      new ApiObject(this, 'ClusterRole', {
        apiVersion: API,
        kind: 'ClusterRole',
        metadata: { name, labels },
        rules: cluster,
      });
      new ApiObject(this, 'ClusterRoleBinding', {
        apiVersion: API,
        kind: 'ClusterRoleBinding',
        metadata: { name, labels },
        roleRef: { apiGroup: GROUP, kind: 'ClusterRole', name },
        subjects,
      });
    }
    for (const [target, rules] of Object.entries(namespaced)) {
      const metadata = { name, namespace: target, labels };
      new ApiObject(this, `Role-${target}`, { apiVersion: API, kind: 'Role', metadata, rules });
      new ApiObject(this, `RoleBinding-${target}`, {
        apiVersion: API,
        kind: 'RoleBinding',
        metadata,
        roleRef: { apiGroup: GROUP, kind: 'Role', name },
        subjects,
      });
    }
  }
}
