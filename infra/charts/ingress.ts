import { Chart, Duration } from 'cdk8s';
import type { Construct } from 'constructs';
import type { EdgeKind } from '../constructs/edge/edge-routes.ts';
import { Edge } from '../constructs/edge/edge.ts';
import { IngressNginx } from '../constructs/edge/ingress-nginx.ts';
import { KAFKA_UI, KAFKA_UI_PORT } from '../constructs/kafka/kafka-ui.ts';
import type { ProducerEndpoint } from '../constructs/events/producer.ts';
import type { Environment } from '../environments/environment.ts';
import { toBytes } from '../environments/quantities.ts';
import { images } from '../images.ts';
import { toDuration, toSize } from './units.ts';

/** Added to the program's timeout at the edge, so that the program's more specific response arrives. */
const EDGE_MARGIN = Duration.seconds(5);

/**
 * The routes from outside: our own ingress controller if there is one, the producer's host, and the host of the UI if
 * it is public.
 */
export class IngressChart extends Chart {
  constructor(scope: Construct, id: string, environment: Environment, producer: ProducerEndpoint) {
    super(scope, id, { disableResourceNameHashes: true });
    const { namespaces, edge, kafkaUi, network } = environment;

    if (edge.kind === 'ingress' && edge.controller !== undefined) {
      const { workload, resources, service, serviceAnnotations, webhookCertificate } = edge.controller;
      new IngressNginx(this, 'Controller', {
        namespace: namespaces.ingress,
        watchedNamespace: namespaces.pipeline,
        image: images.ingressNginxController,
        certgenImage: images.ingressNginxCertgen,
        workload,
        resources: { cpuMillicores: resources.cpuMillicores, memory: toSize(resources.memory) },
        ingressClassName: edge.ingressClassName,
        service,
        ...(serviceAnnotations !== undefined && { serviceAnnotations }),
        webhookCertificate,
      });
    }
    const kind = edgeKind(edge);
    const maxBytes = toBytes(environment.producer.maxBody);
    const timeout = Duration.millis(
      toDuration(environment.producer.requestTimeout).toMilliseconds() + EDGE_MARGIN.toMilliseconds(),
    );
    const backend = { serviceName: producer.serviceName, port: producer.port };
    new Edge(this, 'Collect', {
      name: 'collect',
      namespace: producer.namespace,
      edge: kind,
      host: edge.host,
      tlsSecretName: edge.tlsSecret,
      clientCidrs: network.edgeClientCidrs,
      routes: [
        {
          name: 'upload',
          path: '/upload',
          match: 'exact',
          backend,
          body: { kind: 'limited', maxBytes },
          timeout,
        },
        {
          name: 'upload-batch',
          path: '/upload/batch',
          match: 'exact',
          backend,
          body: { kind: 'streamed' },
          timeout,
        },
      ],
    });
    if (kafkaUi?.access.kind === 'public') {
      new Edge(this, 'KafkaUi', {
        name: KAFKA_UI.name,
        namespace: namespaces.pipeline,
        edge: kind,
        host: kafkaUi.access.host,
        tlsSecretName: kafkaUi.access.tlsSecret,
        clientCidrs: network.edgeClientCidrs,
        routes: [
          {
            name: KAFKA_UI.name,
            path: '/',
            match: 'prefix',
            backend: { serviceName: KAFKA_UI.name, port: KAFKA_UI_PORT },
            body: { kind: 'limited', maxBytes: 2 ** 20 },
            timeout: Duration.seconds(60),
          },
        ],
      });
    }

    const controller = this.node.tryFindChild('Controller');
    // The API server calls its webhook for each Ingress, and accepts none until the controller runs.
    for (const child of this.node.children) {
      if (child instanceof Edge && controller !== undefined) child.node.addDependency(controller);
    }
  }
}

function edgeKind(edge: Environment['edge']): EdgeKind {
  if (edge.kind === 'ingress') {
    const { kind, ingressClassName, requestsPerSecondPerAddress } = edge;
    return { kind, ingressClassName, requestsPerSecondPerAddress };
  }
  const { kind, gatewayClassName, implementation } = edge;
  return { kind, gatewayClassName, ...(implementation !== undefined && { implementation }) };
}
