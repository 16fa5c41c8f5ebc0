import type { IGateway } from '@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1/Gateway';
import type { IHTTPRoute } from '@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1/HTTPRoute';
import { Duration } from 'cdk8s';
import type { EdgeHost, EdgeKind, EdgeObject, EdgeRoute, GatewayImplementation } from './edge-routes.ts';

const HTTP_PORT = 80;
const HTTPS_PORT = 443;
const GROUP = 'gateway.networking.k8s.io';

/**
 * How long Envoy keeps an idle connection to a pod (default: an hour). Must be shorter than the program's own timeout:
 * a request that crosses the program's FIN gets 503. NGINX keeps one for 60 s by default.
 */
export const EDGE_IDLE_TIMEOUT = Duration.seconds(60);

/** The Gateway, a route that sends plain HTTP to TLS, and a route for each path, with the implementation's policies. */
export function gatewayObjects(
  props: EdgeHost,
  { gatewayClassName, implementation }: Extract<EdgeKind, { kind: 'gateway' }>,
  callers: readonly string[] | undefined,
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
          // Gateway API knows 308 only since 1.5, and clients would cache it.
          filters: [{ type: 'RequestRedirect', requestRedirect: { scheme: 'https', statusCode: 301 } }],
        },
      ],
    },
  };
  return [
    { ...gateway, name },
    ...(implementation === 'envoy-gateway' ? [requestIds(name)] : []),
    { ...redirect, name: `${name}-redirect` },
    ...routes.flatMap((route) => [
      { ...httpRoute(props, route), name: route.name },
      ...policy(route, implementation),
    ]),
    ...(callers !== undefined && implementation === 'envoy-gateway' ? [authorization(name, callers)] : []),
  ];
}

/**
 * Passes the client's X-Request-Id to the program. Envoy replaces it by default; ingress-nginx and NGINX Gateway Fabric
 * pass it on.
 *
 * @see https://gateway.envoyproxy.io/docs/api/extension_types/#requestidaction
 */
function requestIds(name: string): EdgeObject {
  return {
    apiVersion: 'gateway.envoyproxy.io/v1alpha1',
    kind: 'ClientTrafficPolicy',
    name,
    spec: {
      targetRefs: [{ group: GROUP, kind: 'Gateway', name }],
      headers: { requestID: 'PreserveOrGenerate' },
    },
  };
}

function httpRoute({ name, host }: EdgeHost, route: EdgeRoute): IHTTPRoute {
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
          // A streamed request has no total timeout, and the API has no idle timeout: 0s disables it.
          timeouts: {
            request:
              route.body.kind === 'limited' ? `${Math.ceil(route.timeout.toMilliseconds() / 1000)}s` : '0s',
          },
        },
      ],
    },
  };
}

/** Allows callers from these addresses on every route of the Gateway. */
function authorization(name: string, callers: readonly string[]): EdgeObject {
  return {
    apiVersion: 'gateway.envoyproxy.io/v1alpha1',
    kind: 'SecurityPolicy',
    name,
    spec: {
      targetRefs: [{ group: GROUP, kind: 'Gateway', name }],
      authorization: {
        defaultAction: 'Deny',
        rules: [{ name: 'callers', action: 'Allow', principal: { clientCIDRs: callers } }],
      },
    },
  };
}

/**
 * Body limit and idle timeout as policies of one implementation. A streamed body has no limit: Envoy streams by
 * default, NGINX must be configured to.
 */
function policy(route: EdgeRoute, implementation: GatewayImplementation | undefined): readonly EdgeObject[] {
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
      return [
        {
          apiVersion: 'gateway.envoyproxy.io/v1alpha1',
          kind: 'BackendTrafficPolicy',
          name: route.name,
          spec: {
            targetRefs: [target],
            ...(route.body.kind === 'limited' && { requestBuffer: { limit: String(route.body.maxBytes) } }),
            timeout: { http: { connectionIdleTimeout: `${EDGE_IDLE_TIMEOUT.toSeconds()}s` } },
          },
        },
      ];
  }
}

/** NGINX Gateway Fabric accepts four digits and a unit: round up to MiB if KiB do not fit. */
function nginxSize(bytes: number): string {
  const kibibytes = Math.ceil(bytes / 2 ** 10);
  return kibibytes <= 9999 ? `${kibibytes}k` : `${Math.ceil(bytes / 2 ** 20)}m`;
}
