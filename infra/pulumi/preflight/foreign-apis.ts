/** An API of a third-party project. */
export interface ForeignApi {
  readonly project: string;
  readonly url: string;
  /** Oldest release with every field and value that the manifests use. */
  readonly lowest: string;
  /** The setting that adds it to the manifests. */
  readonly neededFor: string;
}

/** Every third-party API in the manifests, by its group. */
export const FOREIGN_APIS: Readonly<Record<string, ForeignApi>> = {
  'cert-manager.io': {
    project: 'cert-manager',
    url: 'https://cert-manager.io',
    lowest: '1.11',
    neededFor: '`kafka.security.clusterIssuer`, `edge.controller.webhookCertificate: cert-manager`',
  },
  'gateway.envoyproxy.io': {
    project: 'Envoy Gateway',
    url: 'https://gateway.envoyproxy.io',
    lowest: '1.4',
    neededFor: '`edge.implementation: envoy-gateway`',
  },
  'gateway.networking.k8s.io': {
    project: 'the Gateway API',
    url: 'https://gateway-api.sigs.k8s.io',
    lowest: '1.2',
    neededFor: '`edge.kind: gateway`',
  },
  'gateway.nginx.org': {
    project: 'NGINX Gateway Fabric',
    url: 'https://docs.nginx.com/nginx-gateway-fabric',
    lowest: '1.3',
    neededFor: '`edge.implementation: nginx-gateway-fabric`',
  },
  'keda.sh': {
    project: 'KEDA',
    url: 'https://keda.sh',
    lowest: '2.12',
    neededFor: '`consumer.replicas` with two bounds',
  },
  'monitoring.coreos.com': {
    project: 'the Prometheus operator',
    url: 'https://prometheus-operator.dev',
    lowest: '0.60',
    neededFor: '`monitoring: prometheus-operator`',
  },
};

/** The third-party API of an object; `undefined` for Kubernetes' own. */
export function foreignApiOf({ apiVersion }: { readonly apiVersion: string }): ForeignApi | undefined {
  const [group = '', version] = apiVersion.split('/');
  return version === undefined ? undefined : FOREIGN_APIS[group];
}
