import type { k8s } from 'cdk8s-plus-27';
import type { EdgeHost, EdgeKind, EdgeObject, EdgeRoute } from './edge-routes.ts';

/**
 * An Ingress for each route, because ingress-nginx reads the limits of a route from the annotations of its Ingress. The
 * controller merges the Ingresses of a host.
 *
 * @see https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/
 */
export function ingressObjects(
  { host, tlsSecretName, routes }: EdgeHost,
  { ingressClassName, requestsPerSecondPerAddress }: Extract<EdgeKind, { kind: 'ingress' }>,
  callers: readonly string[] | undefined,
): readonly EdgeObject[] {
  return routes.map((route) => {
    const spec: k8s.IngressSpec = {
      ingressClassName,
      tls: [{ hosts: [host], secretName: tlsSecretName }],
      rules: [
        {
          host,
          http: {
            paths: [
              {
                path: route.path,
                pathType: route.match === 'exact' ? 'Exact' : 'Prefix',
                backend: {
                  service: { name: route.backend.serviceName, port: { number: route.backend.port } },
                },
              },
            ],
          },
        },
      ],
    };
    return {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      name: route.name,
      annotations: prefixed(annotations(route, requestsPerSecondPerAddress, callers)),
      spec,
    };
  });
}

function annotations(
  { body, timeout }: EdgeRoute,
  requestsPerSecond: number,
  callers: readonly string[] | undefined,
): Readonly<Record<string, string>> {
  // nginx' timeouts limit the pause between two reads or writes, so the limit of a whole request is an upper bound
  // here.
  const seconds = String(Math.ceil(timeout.toMilliseconds() / 1000));
  return {
    'force-ssl-redirect': 'true',
    'limit-rps': String(requestsPerSecond),
    'proxy-body-size': body.kind === 'limited' ? String(body.maxBytes) : '0',
    'proxy-http-version': '1.1',
    'proxy-read-timeout': seconds,
    'proxy-request-buffering': body.kind === 'limited' ? 'on' : 'off',
    'proxy-send-timeout': seconds,
    ...(callers !== undefined && { 'whitelist-source-range': callers.join(',') }),
  };
}

function prefixed(values: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [`nginx.ingress.kubernetes.io/${key}`, value]),
  );
}
