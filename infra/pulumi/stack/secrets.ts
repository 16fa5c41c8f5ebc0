import { kafkaHosts } from '../../constructs/kafka/kafka-hosts.ts';
import type { Environment } from '../../environments/environment.ts';
import { logBufferOf } from '../../environments/logging.ts';
import { KEYS_FILE } from '../../environments/sources.ts';
import type { CertificateUse } from './certificates.ts';

/** A Secret in the manifests that Pulumi creates. */
export interface RequiredSecret {
  readonly namespace: string;
  readonly name: string;
  readonly type: 'Opaque' | 'kubernetes.io/tls';
  /** Its required keys; `any` if the program reads keys of any name. */
  readonly keys: readonly string[] | 'any';
  /** Purpose of its certificate. */
  readonly use: CertificateUse;
}

const ANY_USE: CertificateUse = { hosts: [], needsPkcs8: false };

const CERTIFICATE = ['tls.crt', 'tls.key'];
const AUTHORITY = ['ca.crt'];
const PASSWORD = ['password'];

/** Every Secret of an environment, once for each namespace, with only the keys that are read there. */
export function requiredSecrets(environment: Environment): readonly RequiredSecret[] {
  const { namespaces, sources, edge, kafkaUi, objectStore, logging } = environment;
  const { pipeline } = namespaces;
  const found = [
    ...kafkaSecrets(environment),
    ...Object.values(sources).map((source) =>
      opaque(pipeline, source.who === 'keys' ? source.secret : undefined, [KEYS_FILE]),
    ),
    opaque(pipeline, objectStore.caSecret, AUTHORITY),
    objectStore.credentials.kind === 'secret'
      ? opaque(pipeline, objectStore.credentials.name, ['credentials'])
      : undefined,
    certificate(pipeline, edge.tlsSecret, edge.host),
    ...(kafkaUi?.access.kind === 'public'
      ? [
          certificate(pipeline, kafkaUi.access.tlsSecret, kafkaUi.access.host),
          opaque(pipeline, kafkaUi.access.oauthSecret, 'any'),
        ]
      : []),
    opaque(namespaces.logging, logging.search.credentialsSecret, ['username', 'password']),
    opaque(namespaces.logging, logging.search.caSecret, AUTHORITY),
  ];
  return mergeSame(found.filter((secret) => secret !== undefined));
}

function kafkaSecrets({
  namespaces,
  kafka,
  logging,
  clusterDomain,
}: Environment): (RequiredSecret | undefined)[] {
  const { security } = kafka;
  if (security.protocol === 'plaintext') return [];
  const { certificateSecret, clusterIssuer, authentication } = security;
  const use = {
    hosts: kafkaHosts({ ...kafka, namespace: namespaces.pipeline, clusterDomain }).all,
    needsPkcs8: true,
  };
  const users: Readonly<Record<string, string | undefined>> =
    authentication.mechanism === 'scram-sha-512' ? authentication.users : {};
  return [
    // With an issuer cert-manager writes it.
    clusterIssuer === undefined
      ? opaque(namespaces.pipeline, certificateSecret, [...CERTIFICATE, ...AUTHORITY], use)
      : undefined,
    ...Object.values(users).map((name) => opaque(namespaces.pipeline, name, PASSWORD)),
    ...(logBufferOf(logging) === undefined
      ? []
      : [
          opaque(namespaces.logging, certificateSecret, AUTHORITY),
          opaque(namespaces.logging, users['logs'], PASSWORD),
        ]),
  ];
}

function opaque(
  namespace: string,
  name: string | undefined,
  keys: RequiredSecret['keys'],
  use = ANY_USE,
): RequiredSecret | undefined {
  return name === undefined ? undefined : { namespace, name, type: 'Opaque', keys, use };
}

function certificate(namespace: string, name: string, host: string): RequiredSecret {
  const use = { hosts: [host], needsPkcs8: false };
  return { namespace, name, type: 'kubernetes.io/tls', keys: CERTIFICATE, use };
}

/** Two settings may refer to the same Secret. */
function mergeSame(secrets: readonly RequiredSecret[]): readonly RequiredSecret[] {
  const merged = new Map<string, RequiredSecret>();
  for (const secret of secrets) {
    const id = `${secret.namespace}/${secret.name}`;
    const { keys: known = [], use = ANY_USE } = merged.get(id) ?? {};
    const keys = known === 'any' || secret.keys === 'any' ? 'any' : [...new Set([...known, ...secret.keys])];
    const hosts = [...new Set([...use.hosts, ...secret.use.hosts])];
    const needsPkcs8 = use.needsPkcs8 || secret.use.needsPkcs8;
    merged.set(id, { ...secret, keys, use: { hosts, needsPkcs8 } });
  }
  return [...merged.values()];
}
