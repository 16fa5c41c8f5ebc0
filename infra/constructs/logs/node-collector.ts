import { Duration } from 'cdk8s';
import {
  DaemonSet,
  EnvFieldPaths,
  EnvValue,
  ImagePullPolicy,
  LabelSelector,
  Node,
  NodeTaintQuery,
  type Probe,
  ServiceAccount,
} from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { Access } from '../cluster/access.ts';
import { completeWorkload } from '../workloads/complete-workload.ts';
import { objectLabels, selectorLabels, type Identity } from '../workloads/labels.ts';
import { type Mount, volumeMounts } from '../workloads/mounts.ts';
import { containerResources, type ResourcesProps } from '../workloads/restricted-pod.ts';

export interface NodeCollectorProps {
  readonly name: string;
  readonly namespace: string;
  readonly identity: Identity;
  readonly image: string;
  readonly resources: ResourcesProps;
  /** Port numbers by name. */
  readonly ports: Readonly<Record<string, number>>;
  readonly readiness: Probe;
  readonly liveness: Probe;
  readonly podAnnotations: Readonly<Record<string, string>>;
  /** Directories besides the node's logs: its input and its state. */
  readonly mounts: readonly Mount[];
  /** Variable with the name of the node. */
  readonly nodeNameVariable: string;
  /** @default - the image's own */
  readonly command?: readonly string[];
  /** @default - none */
  readonly variables?: Readonly<Record<string, string>>;
  /** Priority class of the pods. @default - the cluster's default class, or none */
  readonly priorityClassName?: string;
}

/**
 * A pod on every node that reads the logs of the node's pods. It exceeds the Pod Security profile `restricted` in two
 * points only: it mounts `/var/log` and its own state directory from the node, and runs as root, which alone can read
 * the kubelet's log files. It drops every capability. Its account may read pods and namespaces, whose names and labels
 * are added to each line.
 */
export class NodeCollector extends Construct {
  constructor(scope: Construct, id: string, props: NodeCollectorProps) {
    super(scope, id);
    const { name, namespace, identity, ports, command, variables = {}, nodeNameVariable } = props;
    const { priorityClassName } = props;

    new Access(this, 'Access', {
      name,
      namespace,
      identity,
      cluster: [{ apiGroups: [''], resources: ['namespaces', 'pods'], verbs: ['get', 'list', 'watch'] }],
    });
    const labels = objectLabels(identity);
    const set = new DaemonSet(this, 'Resource', {
      metadata: { name, namespace, labels },
      podMetadata: { labels, annotations: { ...props.podAnnotations } },
      select: false,
      serviceAccount: ServiceAccount.fromServiceAccountName(this, 'AccountName', name),
      automountServiceAccountToken: true,
      securityContext: { ensureNonRoot: false, user: 0, group: 0 },
      terminationGracePeriod: Duration.seconds(60),
      containers: [
        {
          name,
          image: props.image,
          imagePullPolicy: ImagePullPolicy.IF_NOT_PRESENT,
          ...(command && { command: [...command] }),
          ports: Object.entries(ports).map(([portName, number]) => ({ name: portName, number })),
          envVariables: {
            [nodeNameVariable]: EnvValue.fromFieldRef(EnvFieldPaths.NODE_NAME),
            ...Object.fromEntries(
              Object.entries(variables)
                .sort(([a], [b]) => (a < b ? -1 : 1))
                .map(([variable, value]) => [variable, EnvValue.fromValue(value)]),
            ),
          },
          resources: containerResources(props.resources),
          securityContext: {
            ensureNonRoot: false,
            user: 0,
            group: 0,
            allowPrivilegeEscalation: false,
            privileged: false,
            readOnlyRootFilesystem: true,
          },
          volumeMounts: volumeMounts(this, [
            { kind: 'host', name: 'node-logs', path: '/var/log', writable: false },
            ...props.mounts,
          ]),
          readiness: props.readiness,
          liveness: props.liveness,
        },
      ],
    });
    set.select(LabelSelector.of({ labels: selectorLabels(identity) }));
    // Also runs on tainted nodes, such as the control plane, which have logs as well.
    set.scheduling.tolerate(Node.tainted(NodeTaintQuery.any()));
    completeWorkload(set, { identity, ...(priorityClassName !== undefined && { priorityClassName }) });
  }
}
