import assert from 'node:assert/strict';
import { test } from 'node:test';
import { App, Chart, Duration } from 'cdk8s';
import { Edge, type EdgeProps } from '../../../../infra/constructs/edge/edge.ts';
import { readWarnings } from '../../../../infra/constructs/workloads/requirements.ts';
import { startApp } from '../../../apps/producer/app-under-test.ts';
import { find, type Manifest, synthesize, valueAt } from '../../manifests.ts';

const backend = { serviceName: 'producer', port: 8080 };
const props: Required<EdgeProps> = {
  name: 'collect',
  namespace: 'headwater',
  edge: { kind: 'ingress', ingressClassName: 'nginx', requestsPerSecondPerAddress: 100 },
  host: 'collect.example.com',
  tlsSecretName: 'collect-tls-v1',
  routes: [
    {
      name: 'upload',
      path: '/upload',
      match: 'exact',
      backend,
      body: { kind: 'limited', maxBytes: 921_600 },
      timeout: Duration.seconds(35),
    },
    {
      name: 'upload-batch',
      path: '/upload/batch',
      match: 'exact',
      backend,
      body: { kind: 'streamed' },
      timeout: Duration.seconds(35),
    },
  ],
  clientCidrs: ['0.0.0.0/0'],
};
const gateway = { kind: 'gateway', gatewayClassName: 'some' } as const;

function synthesized(changes: Partial<EdgeProps> = {}): readonly Manifest[] {
  return synthesize((chart) => new Edge(chart, 'Edge', { ...props, ...changes }));
}

function annotationsOf(name: string): Record<string, string> {
  const annotations = valueAt(find(synthesized(), 'Ingress', name), 'metadata', 'annotations') as object;
  return Object.fromEntries(
    Object.entries(annotations).map(([key, value]) => [
      key.replace('nginx.ingress.kubernetes.io/', ''),
      String(value),
    ]),
  );
}

test('an Ingress limits a body where it is limited, and passes a batch on as it comes', () => {
  assert.equal(annotationsOf('upload')['proxy-body-size'], '921600');
  assert.equal(annotationsOf('upload')['proxy-request-buffering'], 'on');
  assert.equal(annotationsOf('upload-batch')['proxy-body-size'], '0');
  assert.equal(annotationsOf('upload-batch')['proxy-request-buffering'], 'off');
  for (const name of ['upload', 'upload-batch']) {
    assert.equal(annotationsOf(name)['proxy-read-timeout'], '35');
    assert.equal(annotationsOf(name)['limit-rps'], '100');
    assert.equal(annotationsOf(name)['force-ssl-redirect'], 'true');
  }
});

test('an Ingress routes the exact paths of one host over TLS', () => {
  const { spec } = find(synthesized(), 'Ingress', 'upload-batch');
  assert.deepEqual(valueAt(spec, 'tls'), [{ hosts: ['collect.example.com'], secretName: 'collect-tls-v1' }]);
  assert.deepEqual(valueAt(spec, 'rules', 0, 'http', 'paths', 0), {
    path: '/upload/batch',
    pathType: 'Exact',
    backend: { service: { name: 'producer', port: { number: 8080 } } },
  });
});

test('a Gateway ends TLS, sends plain HTTP there, and bounds a request but not a batch', () => {
  const objects = synthesized({ edge: gateway });
  const listeners = valueAt(find(objects, 'Gateway', 'collect'), 'spec', 'listeners');
  assert.equal(valueAt(listeners, 1, 'tls', 'certificateRefs', 0, 'name'), 'collect-tls-v1');
  const redirect = valueAt(find(objects, 'HTTPRoute', 'collect-redirect'), 'spec', 'rules', 0, 'filters', 0);
  assert.deepEqual(valueAt(redirect, 'requestRedirect'), { scheme: 'https', statusCode: 301 });
  const timeoutOf = (name: string) =>
    valueAt(find(objects, 'HTTPRoute', name), 'spec', 'rules', 0, 'timeouts', 'request');
  assert.equal(timeoutOf('upload'), '35s');
  assert.equal(timeoutOf('upload-batch'), '0s');
  assert.equal(
    valueAt(find(objects, 'HTTPRoute', 'upload'), 'spec', 'parentRefs', 0, 'sectionName'),
    'https',
  );
});

test('the body limit of a Gateway is said in the words of its implementation', () => {
  const envoy = synthesized({ edge: { ...gateway, implementation: 'envoy-gateway' } });
  assert.equal(
    valueAt(find(envoy, 'BackendTrafficPolicy', 'upload'), 'spec', 'requestBuffer', 'limit'),
    '921600',
  );
  assert.equal(
    valueAt(find(envoy, 'BackendTrafficPolicy', 'upload-batch'), 'spec', 'requestBuffer'),
    undefined,
  );
  const fabric = synthesized({ edge: { ...gateway, implementation: 'nginx-gateway-fabric' } });
  assert.equal(valueAt(find(fabric, 'ClientSettingsPolicy', 'upload'), 'spec', 'body', 'maxSize'), '900k');
  assert.equal(valueAt(find(fabric, 'ClientSettingsPolicy', 'upload-batch'), 'spec', 'body', 'maxSize'), '0');
});

test('Envoy lets go of an idle connection before the producer does', async (t) => {
  const objects = synthesized({ edge: { ...gateway, implementation: 'envoy-gateway' } });
  const { app } = await startApp(t);
  for (const name of ['upload', 'upload-batch']) {
    const spec = valueAt(find(objects, 'BackendTrafficPolicy', name), 'spec');
    const idle = String(valueAt(spec, 'timeout', 'http', 'connectionIdleTimeout'));
    assert.match(idle, /^\d+s$/);
    assert.ok(Number.parseInt(idle, 10) * 1000 + 10_000 <= app.server.keepAliveTimeout, name);
  }
});

test('clients are named by address in the words of the edge, and nothing is said where all may call', () => {
  const clientCidrs = ['203.0.113.0/24', '198.51.100.7/32'];
  const ingress = find(synthesized({ clientCidrs }), 'Ingress', 'upload-batch');
  assert.equal(
    valueAt(ingress, 'metadata', 'annotations', 'nginx.ingress.kubernetes.io/whitelist-source-range'),
    '203.0.113.0/24,198.51.100.7/32',
  );
  assert.ok(!('whitelist-source-range' in annotationsOf('upload-batch')));

  const edge = { ...gateway, implementation: 'envoy-gateway' } as const;
  const policy = find(synthesized({ edge, clientCidrs }), 'SecurityPolicy', 'collect');
  assert.deepEqual(valueAt(policy, 'spec'), {
    targetRefs: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'collect' }],
    authorization: {
      defaultAction: 'Deny',
      rules: [{ name: 'callers', action: 'Allow', principal: { clientCIDRs: clientCidrs } }],
    },
  });
  assert.ok(!synthesized({ edge }).some(({ kind }) => kind === 'SecurityPolicy'));
});

for (const implementation of [undefined, 'nginx-gateway-fabric'] as const) {
  test(`fails with clients' addresses at a Gateway of ${implementation ?? 'an unknown implementation'}, which would let everybody in`, () => {
    const edge = { ...gateway, ...(implementation && { implementation }) };
    assert.throws(
      () => synthesized({ edge, clientCidrs: ['203.0.113.0/24'] }),
      /edge: clientCidrs must be 0\.0\.0\.0\/0 if edge\.kind is gateway and edge\.implementation is not envoy-gateway, got 203\.0\.113\.0\/24: neither the Gateway API/,
    );
  });
}

test("a client's request id passes a Gateway of Envoy, which would replace it", () => {
  const envoy = synthesized({ edge: { ...gateway, implementation: 'envoy-gateway' } });
  const { spec } = find(envoy, 'ClientTrafficPolicy', 'collect');
  assert.deepEqual(valueAt(spec, 'targetRefs'), [
    { group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'collect' },
  ]);
  assert.equal(valueAt(spec, 'headers', 'requestID'), 'PreserveOrGenerate');
  assert.ok(!synthesized({ edge: gateway }).some(({ kind }) => kind === 'ClientTrafficPolicy'));
});

test('a Gateway of an unknown implementation is built, with a warning that nobody limits the body', () => {
  const warningsOf = (edge: EdgeProps['edge']) => {
    const chart = new Chart(new App(), 'test');
    new Edge(chart, 'Edge', { ...props, edge });
    return readWarnings(chart);
  };
  assert.match(
    warningsOf(gateway).join(),
    /collect\.example\.com: the Gateway API has no field for a body limit/,
  );
  assert.deepEqual(warningsOf({ ...gateway, implementation: 'envoy-gateway' }), []);
});

test('fails without a full host name or a certificate, and says both', () => {
  assert.throws(
    () => synthesized({ host: '*.example.com', tlsSecretName: '' }),
    (error: Error) =>
      error.message.includes('edge: host must be a full host name without wildcard, got *.example.com') &&
      error.message.includes('edge: tlsSecretName must be the name of a Secret with tls.crt and tls.key'),
  );
});
