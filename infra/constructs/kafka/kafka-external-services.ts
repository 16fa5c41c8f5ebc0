import { ApiObject, JsonPatch } from 'cdk8s';
import { Service, ServiceType, type ServicePort } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { brokerNodePort, LISTENER_PORTS, type KafkaExposure } from './kafka-listeners.ts';
import { objectLabels, selectorLabels, type Identity } from '../workloads/labels.ts';
import { publishUnreadyAddresses } from '../workloads/unready-addresses.ts';

/**
 * Label set by the StatefulSet controller. The only selector besides the platform's three labels, since each broker
 * needs its own address.
 */
const POD_NAME_LABEL = 'statefulset.kubernetes.io/pod-name';

export interface KafkaExternalServicesProps {
  readonly namespace: string;
  readonly identity: Identity;
  /** Pod names of the brokers, by broker id. */
  readonly podNames: readonly string[];
  readonly exposure: Exclude<KafkaExposure, { readonly kind: 'none' }>;
}

/** The node port, and the host name that external-dns registers. */
interface ExternalAddress {
  readonly nodePort?: number;
  readonly host?: string | undefined;
}

/**
 * One external address for the bootstrap and one for each broker. Only a broker's own node forwards its connections, so
 * the broker sees the client's address. A node port must therefore be called at that node: external-dns points the host
 * name of a broker to its node, and updates it when the broker moves.
 */
export class KafkaExternalServices extends Construct {
  constructor(scope: Construct, id: string, props: KafkaExternalServicesProps) {
    super(scope, id);
    const { namespace, identity, podNames, exposure } = props;
    const isNodePort = exposure.kind === 'node-port';

    const createService = (
      serviceId: string,
      name: string,
      { nodePort, host }: ExternalAddress,
      selector: Readonly<Record<string, string>>,
    ): void => {
      const port: ServicePort = {
        name: 'external',
        port: LISTENER_PORTS.external,
        targetPort: LISTENER_PORTS.external,
        ...(nodePort !== undefined && { nodePort }),
      };
      const service = new Service(this, serviceId, {
        metadata: {
          name,
          namespace,
          labels: objectLabels(identity),
          annotations: {
            ...(exposure.kind === 'load-balancer' && exposure.annotations),
            ...(host !== undefined && { 'external-dns.alpha.kubernetes.io/hostname': host }),
          },
        },
        type: isNodePort ? ServiceType.NODE_PORT : ServiceType.LOAD_BALANCER,
        ports: [port],
      });
      for (const [label, value] of Object.entries(selector)) service.selectLabel(label, value);
      publishUnreadyAddresses(service);
      // Otherwise a broker sees the node's address instead of the client's, and network policies match that.
      ApiObject.of(service).addJsonPatch(JsonPatch.add('/spec/externalTrafficPolicy', 'Local'));
    };

    createService(
      'Bootstrap',
      'kafka-external-bootstrap',
      isNodePort ? { nodePort: exposure.firstNodePort } : { host: exposure.bootstrapHost },
      selectorLabels(identity),
    );
    for (const [brokerId, podName] of podNames.entries()) {
      createService(
        `Broker${brokerId}`,
        `kafka-external-${brokerId}`,
        {
          host: exposure.hosts[brokerId],
          ...(isNodePort && { nodePort: brokerNodePort(exposure.firstNodePort, brokerId) }),
        },
        { [POD_NAME_LABEL]: podName },
      );
    }
  }
}
