import type { Manifest } from '../infra/manifests.ts';
import { toBytes } from '../../infra/environments/quantities.ts';
import { containers, describe, workloads } from './platform-objects.ts';
import type { Policy } from './policy.ts';

interface Ingress extends Manifest {
  readonly metadata: Manifest['metadata'] & { readonly annotations: Record<string, string> };
  readonly spec: {
    readonly tls?: readonly { readonly hosts: readonly string[]; readonly secretName: string }[];
    readonly rules: readonly {
      readonly host?: string;
      readonly http: { readonly paths: readonly { readonly path: string; readonly pathType: string }[] };
    }[];
  };
}

function ingresses(objects: readonly Manifest[]): Ingress[] {
  return objects.filter(({ kind }) => kind === 'Ingress') as Ingress[];
}

const PREFIX = 'nginx.ingress.kubernetes.io/';

/** Gateway's kinds and the policies of its implementations, by what they route to. */
function routes(objects: readonly Manifest[]): Manifest[] {
  return objects.filter(({ kind }) => kind === 'HTTPRoute');
}

export const edgePolicies: readonly Policy[] = [
  {
    title: 'every host is served over TLS, by its full name, and its paths are exact',
    mutated: 'dev',
    violations: (objects) =>
      ingresses(objects)
        .filter(({ spec }) =>
          spec.rules.some(
            ({ host, http }) =>
              host === undefined ||
              host.includes('*') ||
              !(spec.tls ?? []).some(({ hosts, secretName }) => hosts.includes(host) && secretName !== '') ||
              http.paths.some(({ path, pathType }) => path !== '/' && pathType !== 'Exact'),
          ),
        )
        .map(describe),
    mutation: (objects) => {
      for (const { spec } of ingresses(objects)) delete (spec as { tls?: unknown }).tls;
    },
  },
  {
    title: 'no Ingress and no controller takes text of nginx from an annotation',
    mutated: 'dev',
    violations: (objects) => [
      ...ingresses(objects)
        .filter(({ metadata }) => Object.keys(metadata.annotations).some((key) => key.includes('snippet')))
        .map(describe),
      ...objects
        .filter(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === 'ingress-nginx-controller')
        .filter(({ data }) => {
          const settings = data as Record<string, string>;
          return (
            settings['allow-snippet-annotations'] !== 'false' ||
            settings['annotations-risk-level'] === 'Critical'
          );
        })
        .map(describe),
    ],
    mutation: (objects) => {
      for (const { metadata } of ingresses(objects)) {
        metadata.annotations[`${PREFIX}configuration-snippet`] = 'return 200;';
      }
    },
  },
  {
    title: 'the edge, the producer and the brokers agree on the largest body, and a batch has none',
    mutated: 'dev',
    violations: (objects, { kafka, edge }) => {
      const producer = workloads(objects).find(({ metadata }) => metadata.name === 'producer');
      const limit = Number(
        (producer === undefined ? [] : containers(producer))
          .flatMap(({ env = [] }) => env)
          .find(({ name }) => name === 'MAX_BODY_BYTES')?.value,
      );
      const wrong: string[] = [];
      if (!(limit <= toBytes(kafka.maxMessage))) wrong.push(`producer: ${limit}`);
      const edgeLimits =
        edge.kind === 'ingress' ? ingressLimits(objects) : gatewayLimits(objects, edge.implementation);
      const expected = edge.kind === 'gateway' && edge.implementation === undefined ? undefined : limit;
      if (edgeLimits.upload !== expected) wrong.push(`edge: upload ${edgeLimits.upload ?? 'none'}`);
      if (edgeLimits.batch !== undefined) wrong.push(`edge: upload-batch ${edgeLimits.batch}`);
      return wrong;
    },
    mutation: (objects) => {
      const upload = ingresses(objects).find(({ metadata }) => metadata.name === 'upload');
      if (upload === undefined) throw new Error('no route');
      upload.metadata.annotations[`${PREFIX}proxy-body-size`] = '1048577';
    },
  },
  {
    title: 'every Service that is called from outside keeps the address of its client',
    mutated: 'dev',
    violations: (objects) =>
      objects
        .filter(({ kind }) => kind === 'Service')
        .filter(({ spec }) => {
          const { type, externalTrafficPolicy } = spec as { type?: string; externalTrafficPolicy?: string };
          return ['LoadBalancer', 'NodePort'].includes(type ?? '') && externalTrafficPolicy !== 'Local';
        })
        .map(describe),
    mutation: (objects) => {
      const service = objects.find(
        ({ kind, metadata }) => kind === 'Service' && metadata.name === 'ingress-nginx-controller',
      );
      delete (service?.['spec'] as { externalTrafficPolicy?: string }).externalTrafficPolicy;
    },
  },
  {
    title: 'every route leads to a Service of its own namespace',
    violations: (objects) =>
      routes(objects)
        .filter(({ metadata, spec }) =>
          (spec as { rules: { backendRefs?: { name: string; port: number }[] }[] }).rules
            .flatMap(({ backendRefs = [] }) => backendRefs)
            .some(
              ({ name, port }) =>
                !objects.some(
                  (object) =>
                    object.kind === 'Service' &&
                    object.metadata.name === name &&
                    object.metadata.namespace === metadata.namespace &&
                    (object['spec'] as { ports: { port: number }[] }).ports.some(
                      (open) => open.port === port,
                    ),
                ),
            ),
        )
        .map(describe),
    mutation: (objects) => {
      const route = routes(objects).find(({ metadata }) => metadata.name === 'upload') as unknown as {
        spec: { rules: { backendRefs: { name: string }[] }[] };
      };
      for (const { backendRefs } of route.spec.rules)
        for (const backend of backendRefs) backend.name = 'nobody';
    },
  },
];

interface Limits {
  readonly upload: number | undefined;
  readonly batch: number | undefined;
}

/** `0` and an unbuffered request are no limit. */
function ingressLimits(objects: readonly Manifest[]): Limits {
  const limitOf = (route: string) => {
    const { annotations } =
      ingresses(objects).find(({ metadata }) => metadata.name === route)?.metadata ?? {};
    const size = Number(annotations?.[`${PREFIX}proxy-body-size`]);
    const buffers = annotations?.[`${PREFIX}proxy-request-buffering`] !== 'off';
    return size === 0 && !buffers ? undefined : size;
  };
  return { upload: limitOf('upload'), batch: limitOf('upload-batch') };
}

function gatewayLimits(objects: readonly Manifest[], implementation: string | undefined): Limits {
  const limitOf = (route: string) => {
    const policy = objects.find(
      ({ kind, metadata }) =>
        metadata.name === route && (kind === 'BackendTrafficPolicy' || kind === 'ClientSettingsPolicy'),
    );
    if (policy === undefined || implementation === undefined) return undefined;
    const { requestBuffer, body } = policy['spec'] as {
      requestBuffer?: { limit: string };
      body?: { maxSize: string };
    };
    return Number(requestBuffer?.limit ?? Number.parseInt(body?.maxSize ?? '', 10) * 1024) || undefined;
  };
  return { upload: limitOf('upload'), batch: limitOf('upload-batch') };
}
