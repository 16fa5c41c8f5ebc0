import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Environment } from '../../../infra/environments/environment.ts';
import { environments } from '../../../infra/environments/environments.ts';
import { allEnvironments } from '../../infra/all-environments.ts';
import { INGRESS_NGINX_CERTIFICATE } from '../../../infra/constructs/edge/ingress-nginx-certificate.ts';
import type { Manifest } from '../../../infra/pulumi/stack/platform-objects.ts';
import { findReferences } from '../../../infra/pulumi/stack/references.ts';
import { requiredSecrets } from '../../../infra/pulumi/stack/secrets.ts';
import { everyOption } from '../../policies/options.ts';
import { deployUnderMocks, manifestsOf } from '../program/stacks.ts';

/** `namespace/name` of every Secret that a manifest names, but for those that a Job or cert-manager makes. */
function namedSecrets(environment: Environment): readonly string[] {
  const manifests = manifestsOf(environment);
  const secretsOf = (from: readonly Manifest[]): readonly string[] =>
    from
      .flatMap(findReferences)
      .filter(({ kind }) => kind === 'Secret')
      .map(({ namespace, name }) => `${namespace ?? ''}/${name}`);
  const madeElsewhere = [
    ...secretsOf(manifests.filter(({ kind }) => kind === 'Certificate')),
    `${environment.namespaces.ingress}/${INGRESS_NGINX_CERTIFICATE}`,
  ];
  return [...new Set(secretsOf(manifests).filter((name) => !madeElsewhere.includes(name)))].sort();
}

for (const environment of Object.values(allEnvironments)) {
  test(`${environment.name}: Pulumi makes every Secret that the manifests name, and no other`, () => {
    const made = requiredSecrets(environment).map(({ namespace, name }) => `${namespace}/${name}`);
    assert.deepEqual(made.sort(), namedSecrets(environment));
  });
}

/** Names that the manifests call at a port of Kafka's nodes. */
function calledHosts(manifests: readonly Manifest[]): readonly string[] {
  const called = JSON.stringify(manifests).matchAll(/([\w-]+(?:\.[\w-]+)+):(?:909[0134]|3\d{4})(?!\d)/g);
  return [...new Set(Array.from(called, ([, host = '']) => host))].sort();
}

const nodePorts = structuredClone(everyOption);
nodePorts.kafka.exposure = {
  kind: 'node-port',
  hosts: ['a.example.com', 'b.example.com', 'c.example.com'],
  firstNodePort: 31_000,
};
const combined = structuredClone(environments.staging);
if (combined.kafka.metadata.mode === 'kraft') combined.kafka.metadata.controllers = { placement: 'combined' };
const ofEveryShape = {
  production: environments.production,
  staging: environments.staging,
  'staging with combined controllers': combined,
  'every option': everyOption,
  'every option, by node ports': nodePorts,
};
for (const [name, environment] of Object.entries(ofEveryShape)) {
  test(`${name}: the nodes’ certificate must be for each name that the manifests call them by`, () => {
    const called = calledHosts(manifestsOf(environment));
    assert.ok(
      called.includes('kafka-brokers.headwater.svc.cluster.local'),
      'the users’ Job calls any broker',
    );
    assert.ok(called.length >= environment.kafka.brokers + 2);
    const handMade = structuredClone(environment);
    if (handMade.kafka.security.protocol === 'tls') delete handMade.kafka.security.clusterIssuer;
    const secret = requiredSecrets(handMade).find(({ use }) => use.needsPkcs8);
    assert.deepEqual(
      called.filter((host) => secret?.use.hosts.includes(host) !== true),
      [],
    );
    const issued = structuredClone(environment);
    if (issued.kafka.security.protocol === 'tls') issued.kafka.security.clusterIssuer = 'internal';
    const certificate = manifestsOf(issued).find(
      ({ kind, metadata }) => kind === 'Certificate' && metadata.name === 'kafka',
    );
    const { dnsNames } = certificate?.['spec'] as { readonly dnsNames: readonly string[] };
    assert.deepEqual(dnsNames, secret?.use.hosts);
  });
}

test('the brokers’ private key is given to no other namespace', () => {
  // Its collectors and indexers are clients of the brokers, from a namespace of their own.
  const certificates = requiredSecrets(everyOption).filter(({ name }) => name === 'kafka-certificate-v1');
  assert.deepEqual(Object.fromEntries(certificates.map(({ namespace, keys }) => [namespace, keys])), {
    headwater: ['tls.crt', 'tls.key', 'ca.crt'],
    'headwater-logging': ['ca.crt'],
  });
});

test('content reaches the Secret in base64, and no other resource', async () => {
  const { registered } = await deployUnderMocks({ stack: 'production' });
  const secrets = registered.filter(({ type }) => type === 'kubernetes:core/v1:Secret');
  assert.equal(secrets.length, requiredSecrets(environments.production).length);
  const login = secrets.find(({ name }) => name === 'headwater-logging/search-credentials-v1');
  const { value } = login?.inputs['data'] as { readonly value: Record<string, { value: string }> };
  assert.ok(value);
  const others = JSON.stringify(registered.filter((resource) => !secrets.includes(resource)));
  assert.doesNotMatch(others, /content of |Y29udGVudCBvZi/);
});
