import assert from 'node:assert/strict';
import { test } from 'node:test';
import { App, Chart, Size } from 'cdk8s';
import { IngressNginx, type IngressNginxProps } from '../../../../infra/constructs/edge/ingress-nginx.ts';
import { readWarnings } from '../../../../infra/constructs/workloads/requirements.ts';
import { find, synthesize, valueAt } from '../../manifests.ts';

const minimal: IngressNginxProps = {
  namespace: 'ingress-nginx',
  watchedNamespace: 'headwater',
  image: 'controller:1',
  certgenImage: 'certgen:1',
  workload: { kind: 'deployment', replicas: 2 },
  resources: { cpuMillicores: 100, memory: Size.mebibytes(256) },
};

function synthesized(changes: Partial<IngressNginxProps> = {}) {
  return synthesize((chart) => new IngressNginx(chart, 'Controller', { ...minimal, ...changes }));
}

test('takes every property', () => {
  const props: Required<IngressNginxProps> = {
    ...minimal,
    workload: { kind: 'daemon-set' },
    ingressClassName: 'collect',
    service: 'NodePort',
    serviceAnnotations: { 'example.com/balancer': 'internal' },
    webhookCertificate: 'cert-manager',
  };
  const objects = synthesized(props);
  assert.equal(valueAt(find(objects, 'Service', 'ingress-nginx-controller'), 'spec', 'type'), 'NodePort');
  assert.deepEqual(
    valueAt(find(objects, 'Service', 'ingress-nginx-controller'), 'metadata', 'annotations'),
    props.serviceAnnotations,
  );
  assert.equal(
    valueAt(find(objects, 'IngressClass', 'collect'), 'spec', 'controller'),
    'k8s.io/ingress-nginx',
  );
  const pod = valueAt(find(objects, 'DaemonSet', 'ingress-nginx-controller'), 'spec', 'template', 'spec');
  const args = valueAt(pod, 'containers', 0, 'args') as string[];
  assert.ok(args.includes('--ingress-class=collect'));
  assert.ok(args.includes('--validating-webhook-certificate=/usr/local/certificates/tls.crt'));
});

test('warns of its retirement, and says what to set instead', () => {
  const chart = new Chart(new App(), 'test');
  new IngressNginx(chart, 'Controller', minimal);
  assert.match(readWarnings(chart).join(), /retired in March 2026.*Set edge\.kind to 'gateway'/);
});

test('reads the Secrets of one namespace, and nothing but classes in the whole cluster', () => {
  const objects = synthesized();
  assert.deepEqual(valueAt(find(objects, 'ClusterRole', 'ingress-nginx-controller'), 'rules'), [
    { apiGroups: ['networking.k8s.io'], resources: ['ingressclasses'], verbs: ['get', 'list', 'watch'] },
  ]);
  const secretsOf = objects
    .filter(({ kind, metadata }) => kind === 'Role' && metadata.name === 'ingress-nginx-controller')
    .filter(({ rules }) => JSON.stringify(rules).includes('secrets'))
    .map(({ metadata }) => metadata.namespace);
  assert.deepEqual(secretsOf, ['headwater']);
});

test('takes no snippets, tells no version, speaks TLS 1.2 or newer, and answers 429 above the rate', () => {
  const settings = valueAt(find(synthesized(), 'ConfigMap', 'ingress-nginx-controller'), 'data');
  assert.equal(valueAt(settings, 'allow-snippet-annotations'), 'false');
  assert.equal(valueAt(settings, 'server-tokens'), 'false');
  assert.equal(valueAt(settings, 'ssl-protocols'), 'TLSv1.2 TLSv1.3');
  assert.equal(valueAt(settings, 'limit-req-status-code'), '429');
});

test('a log line is JSON', () => {
  const format = valueAt(
    find(synthesized(), 'ConfigMap', 'ingress-nginx-controller'),
    ...['data', 'log-format-upstream'],
  );
  const line: unknown = JSON.parse(String(format).replaceAll(/\$[a-z_0-9]+/g, 'x'));
  assert.equal(valueAt(line, 'requestId'), 'x');
});

test('the webhook checks Ingresses of the served namespace, and its Jobs make and announce its certificate', () => {
  const objects = synthesized();
  const webhook = valueAt(
    find(objects, 'ValidatingWebhookConfiguration', 'ingress-nginx-admission'),
    'webhooks',
    0,
  );
  assert.equal(valueAt(webhook, 'failurePolicy'), 'Fail');
  assert.deepEqual(valueAt(webhook, 'namespaceSelector', 'matchLabels'), {
    'kubernetes.io/metadata.name': 'headwater',
  });
  const jobs = objects
    .filter(({ kind }) => kind === 'Job')
    .map(({ metadata }) => metadata.name.replace(/[0-9a-f]{8}$/, ''));
  assert.deepEqual(jobs, ['ingress-nginx-admission-create-', 'ingress-nginx-admission-patch-']);
});

test('cert-manager signs the certificate where it is asked to, and no Job does', () => {
  const objects = synthesized({ webhookCertificate: 'cert-manager' });
  assert.ok(!objects.some(({ kind }) => kind === 'Job'));
  const certificate = find(objects, 'Certificate', 'ingress-nginx-admission');
  assert.deepEqual(valueAt(certificate, 'spec', 'dnsNames'), [
    'ingress-nginx-controller-admission.ingress-nginx.svc',
    'ingress-nginx-controller-admission',
  ]);
  const webhook = find(objects, 'ValidatingWebhookConfiguration', 'ingress-nginx-admission');
  assert.deepEqual(valueAt(webhook, 'metadata', 'annotations'), {
    'cert-manager.io/inject-ca-from': 'ingress-nginx/ingress-nginx-admission',
  });
});

test('the controller sees the addresses of clients, and goes on serving until balancers have forgotten its node', () => {
  const objects = synthesized();
  const service = find(objects, 'Service', 'ingress-nginx-controller');
  assert.equal(valueAt(service, 'spec', 'type'), 'LoadBalancer');
  assert.equal(valueAt(service, 'spec', 'externalTrafficPolicy'), 'Local');
  const pod = valueAt(find(objects, 'Deployment', 'ingress-nginx-controller'), 'spec', 'template', 'spec');
  const args = valueAt(pod, 'containers', 0, 'args') as string[];
  assert.ok(args.includes('--shutdown-grace-period=30'));
  const settings = valueAt(
    find(objects, 'ConfigMap', 'ingress-nginx-controller'),
    'data',
    'worker-shutdown-timeout',
  );
  assert.ok(
    Number(valueAt(pod, 'terminationGracePeriodSeconds')) > 30 + Number.parseInt(String(settings), 10),
  );
});
