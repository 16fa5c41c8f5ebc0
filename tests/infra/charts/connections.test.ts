import assert from 'node:assert/strict';
import { test } from 'node:test';
import { environments } from '../../../infra/environments/environments.ts';
import type { Environment } from '../../../infra/environments/environment.ts';
import { readWarnings } from '../../../infra/constructs/workloads/requirements.ts';
import { buildPlatform } from '../../../infra/platform.ts';
import { type End, mayConnect } from '../../policies/network-evaluator.ts';
import { everyOption } from '../../policies/options.ts';
import { objectsOf } from '../../policies/platform-objects.ts';

const { production } = environments;

/** Pods of a workload as a policy sees them. */
function podsOf(namespace: string, name: string, component: string): End {
  return {
    namespace,
    labels: {
      'app.kubernetes.io/name': name,
      'app.kubernetes.io/component': component,
      'app.kubernetes.io/instance': 'headwater',
    },
  };
}

const { pipeline, logging } = production.namespaces;
const brokers = podsOf(pipeline, 'kafka', 'broker');
const fluentd = podsOf(logging, 'fluentd', 'logging');

function inNetwork(network: Partial<Environment['network']>) {
  return objectsOf({ ...production, network: { ...production.network, ...network } });
}

test('a store with public addresses is called there, on its own port, and nobody of a private network is', () => {
  const consumer = podsOf(pipeline, 'consumer', 'collection');
  const objects = inNetwork({ objectStoreCidrs: 'public' });
  for (const address of ['3.5.134.1', '16.12.24.9', '52.219.170.2']) {
    assert.ok(mayConnect(objects, consumer, { address }, 443), address);
    assert.ok(!mayConnect(objects, consumer, { address }, 22), address);
  }
  for (const address of ['10.0.0.1', '100.64.0.1', '169.254.169.254', '172.31.0.1', '192.168.1.1']) {
    assert.ok(!mayConnect(objects, consumer, { address }, 443), address);
  }
  const producer = podsOf(pipeline, 'producer', 'collection');
  assert.ok(!mayConnect(objects, producer, { address: '52.219.170.2' }, 443));
});

test('a list of the addresses of S3 is warned of, one of an endpoint of the VPC is not', () => {
  const warnings = (endpoint: string) =>
    readWarnings(
      buildPlatform({
        ...production,
        objectStore: { ...production.objectStore, endpoint },
        network: { ...production.network, objectStoreCidrs: ['10.4.0.0/16'] },
      }),
    ).filter((text) => text.includes('objectStoreCidrs'));
  const publicNames = [
    's3.eu-central-1.amazonaws.com',
    's3.amazonaws.com',
    's3.dualstack.us-east-1.amazonaws.com',
  ];
  for (const host of publicNames) assert.equal(warnings(`https://${host}`).length, 1, host);
  assert.deepEqual(warnings('https://bucket.vpce-0a1b-2c3d.s3.eu-central-1.vpce.amazonaws.com'), []);
  assert.deepEqual(warnings('https://store.example.com'), []);
});

test('the REST bridge is called by those whom the environment names, and by nobody else', () => {
  const bridge = podsOf(pipeline, 'kafka-rest-bridge', 'access');
  const resources = { cpuMillicores: 200, memory: '768Mi' } as const;
  const { security } = production.kafka;
  assert.ok(security.protocol === 'tls' && security.authentication.mechanism === 'scram-sha-512');
  const users = { ...security.authentication.users, tools: 'kafka-tools-v1' };
  const objects = objectsOf({
    ...production,
    kafka: {
      ...production.kafka,
      security: { ...security, authentication: { ...security.authentication, users } },
    },
    restBridge: {
      replicas: 1,
      resources,
      clients: { namespaces: ['reporting', 'science'], cidrs: ['10.20.0.0/16'] },
    },
  });
  for (const caller of [
    { namespace: 'reporting', labels: {} },
    { namespace: 'science', labels: {} },
    { address: '10.20.1.1' },
  ] satisfies End[]) {
    assert.ok(mayConnect(objects, caller, bridge, 8080), JSON.stringify(caller));
    assert.ok(!mayConnect(objects, caller, bridge, 8081), JSON.stringify(caller));
  }
  assert.ok(!mayConnect(objects, { namespace: 'elsewhere', labels: {} }, bridge, 8080));
  assert.ok(!mayConnect(objects, { address: '10.21.1.1' }, bridge, 8080));
  assert.ok(mayConnect(objects, bridge, brokers, 9093));
});

test('a public UI asks the provider of its login, and only there', () => {
  const ui = podsOf(pipeline, 'kafka-ui', 'access');
  const objects = objectsOf({
    ...everyOption,
    kafkaUi: {
      resources: { cpuMillicores: 200, memory: '768Mi' },
      access: {
        kind: 'public',
        host: 'kafka.internal.example.com',
        tlsSecret: 'kafka-ui-tls-v1',
        oauthSecret: 'kafka-ui-oauth-v1',
        oauthProvider: { cidrs: ['10.30.0.0/16'], port: 8443 },
      },
    },
  });
  assert.ok(mayConnect(objects, ui, { address: '10.30.0.1' }, 8443));
  assert.ok(!mayConnect(objects, ui, { address: '10.30.0.1' }, 443));
  assert.ok(!mayConnect(objects, ui, { address: '10.31.0.1' }, 8443));
});

test('KEDA asks the brokers from the namespace where it is, and from no other', () => {
  const keda = (namespace: string): End => ({ namespace, labels: {} });
  const usual = inNetwork({});
  assert.ok(mayConnect(usual, keda('keda'), brokers, 9093));
  const other = inNetwork({ kedaNamespace: 'autoscaling' });
  assert.ok(mayConnect(other, keda('autoscaling'), brokers, 9093));
  assert.ok(!mayConnect(other, keda('keda'), brokers, 9093));
});

test('the API server is asked by the ports that it has', () => {
  const [address = ''] = production.network.apiServerCidrs.map((cidr) => cidr.replace(/\/.*/, ''));
  const objects = inNetwork({ apiServerPorts: [16_443] });
  assert.ok(mayConnect(objects, fluentd, { address }, 16_443));
  assert.ok(!mayConnect(objects, fluentd, { address }, 6443));
});

test('a cluster with another DNS is named in the environment, and every pod that opens connections asks there', () => {
  const labels = { 'dns.operator.openshift.io/daemonset-dns': 'default' };
  const objects = inNetwork({ dns: [{ kind: 'pods', namespace: 'openshift-dns', labels, port: 5353 }] });
  const resolver: End = { namespace: 'openshift-dns', labels };
  for (const pods of [podsOf(pipeline, 'producer', 'collection'), brokers, fluentd]) {
    assert.ok(mayConnect(objects, pods, resolver, 5353, 'UDP'));
  }
});
