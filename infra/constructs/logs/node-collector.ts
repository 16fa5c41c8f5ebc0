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
  /** What it reads and where it keeps its state, beside the node's logs. */
  readonly mounts: readonly Mount[];
  /** Name of the variable from which the program learns its node. */
  readonly nodeNameVariable: string;
  /** @default - the image's own */
  readonly command?: readonly string[];
  /** @default - none */
  readonly variables?: Readonly<Record<string, string>>;
  /** Class by which the scheduler chooses whom to put off for whom. @default - the cluster's default class, or none */
  readonly priorityClassName?: string;
}

/**
 * A pod on every node that reads the logs of the pods there. It is exempt from the Pod Security profile `restricted` in two
 * points, and in no others: `/var/log` and its own state are directories of the node, and the kubelet's log files can be
 * read by root alone. Of root's powers it has none: every capability is dropped. Its account may read pods and namespaces,
 * whose names and labels go with each line.
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
    // Nodes that keep others away, the control plane's among them, have logs too.
    set.scheduling.tolerate(Node.tainted(NodeTaintQuery.any()));
    completeWorkload(set, { identity, ...(priorityClassName !== undefined && { priorityClassName }) });
  }
}
