import type { IGateway } from '@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1/Gateway';
import type { IHTTPRoute } from '@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1/HTTPRoute';
import type { EdgeKind, EdgeObject, EdgeProps, EdgeRoute } from './edge.ts';

const HTTP_PORT = 80;
const HTTPS_PORT = 443;
const GROUP = 'gateway.networking.k8s.io';

/** Implementations whose policy for the size of a body is known here. */
export type BodyLimitPolicy = 'nginx-gateway-fabric' | 'envoy-gateway';

/** The Gateway, a route that sends plain HTTP to TLS, and a route for each path, with its policy where there is one. */
export function gatewayObjects(
  props: EdgeProps,
  { gatewayClassName, bodyLimitPolicy }: Extract<EdgeKind, { kind: 'gateway' }>,
): readonly EdgeObject[] {
  const { name, host, tlsSecretName, routes } = props;
  const gateway: IGateway = {
    apiVersion: `${GROUP}/v1`,
    kind: 'Gateway',
    spec: {
      gatewayClassName,
      listeners: [
        {
          name: 'http',
          hostname: host,
          port: HTTP_PORT,
          protocol: 'HTTP',
          allowedRoutes: { namespaces: { from: 'Same' } },
        },
        {
          name: 'https',
          hostname: host,
          port: HTTPS_PORT,
          protocol: 'HTTPS',
          tls: { mode: 'Terminate', certificateRefs: [{ kind: 'Secret', name: tlsSecretName }] },
          allowedRoutes: { namespaces: { from: 'Same' } },
        },
      ],
    },
  };
  const redirect: IHTTPRoute = {
    apiVersion: `${GROUP}/v1`,
    kind: 'HTTPRoute',
    spec: {
      parentRefs: [{ name, sectionName: 'http' }],
      hostnames: [host],
      rules: [
        {
          filters: [{ type: 'RequestRedirect', requestRedirect: { scheme: 'https', statusCode: 308 } }],
        },
      ],
    },
  };
  return [
    { ...gateway, name },
    { ...redirect, name: `${name}-redirect` },
    ...routes.flatMap((route) => [
      { ...httpRoute(props, route), name: route.name },
      ...policy(route, bodyLimitPolicy),
    ]),
  ];
}

function httpRoute({ name, host }: EdgeProps, route: EdgeRoute): IHTTPRoute {
  return {
    apiVersion: `${GROUP}/v1`,
    kind: 'HTTPRoute',
    spec: {
      parentRefs: [{ name, sectionName: 'https' }],
      hostnames: [host],
      rules: [
        {
          matches: [{ path: { type: route.match === 'exact' ? 'Exact' : 'PathPrefix', value: route.path } }],
          backendRefs: [{ name: route.backend.serviceName, port: route.backend.port }],
          // A streamed request has no bound as a whole, and the API has no word for a pause in it: 0s is no bound.
          timeouts: {
            request:
              route.body.kind === 'limited' ? `${Math.ceil(route.timeout.toMilliseconds() / 1000)}s` : '0s',
          },
        },
      ],
    },
  };
}

/** The body limit in the words of one implementation; where there is none, Envoy streams and NGINX must be told so. */
function policy(route: EdgeRoute, implementation: BodyLimitPolicy | undefined): readonly EdgeObject[] {
  const target = { group: GROUP, kind: 'HTTPRoute', name: route.name };
  switch (implementation) {
    case undefined:
      return [];
    case 'nginx-gateway-fabric':
      return [
        {
          apiVersion: 'gateway.nginx.org/v1alpha1',
          kind: 'ClientSettingsPolicy',
          name: route.name,
          spec: {
            targetRef: target,
            body: {
              maxSize: route.body.kind === 'limited' ? nginxSize(route.body.maxBytes) : '0',
            },
          },
        },
      ];
    case 'envoy-gateway':
      return route.body.kind === 'streamed'
        ? []
        : [
            {
              apiVersion: 'gateway.envoyproxy.io/v1alpha1',
              kind: 'BackendTrafficPolicy',
              name: route.name,
              spec: { targetRefs: [target], requestBuffer: { limit: String(route.body.maxBytes) } },
            },
          ];
  }
}

/** NGINX Gateway Fabric takes four digits and a unit: rounded up to mebibytes where kibibytes do not fit. */
function nginxSize(bytes: number): string {
  const kibibytes = Math.ceil(bytes / 2 ** 10);
  return kibibytes <= 9999 ? `${kibibytes}k` : `${Math.ceil(bytes / 2 ** 20)}m`;
}
