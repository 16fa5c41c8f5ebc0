import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Size } from 'cdk8s';
import { parse } from 'yaml';
import {
  KafkaRestBridge,
  type KafkaRestBridgeProps,
} from '../../../../infra/constructs/kafka/kafka-rest-bridge.ts';
import { KafkaUi, type KafkaUiProps } from '../../../../infra/constructs/kafka/kafka-ui.ts';
import { find, synthesize, valueAt } from '../../manifests.ts';

const kafka = {
  bootstrapServers: 'kafka-bootstrap:9093',
  caSecret: 'kafka-certificate-v1',
  login: { username: 'tools', passwordSecret: 'kafka-tools-v1' },
};
const bridge: Required<KafkaRestBridgeProps> = {
  namespace: 'headwater',
  image: 'bridge:1',
  kafka,
  replicas: 2,
  resources: { cpuMillicores: 100, memory: Size.mebibytes(512) },
};
const ui: Required<KafkaUiProps> = {
  namespace: 'headwater',
  image: 'ui:1',
  kafka,
  resources: { cpuMillicores: 100, memory: Size.mebibytes(512) },
  access: { kind: 'public', oauthSecretName: 'kafka-ui-oauth-v1' },
};

function bridgeProperties(props = bridge): Record<string, string> {
  const objects = synthesize((chart) => new KafkaRestBridge(chart, 'Bridge', props));
  const text = String(
    valueAt(find(objects, 'ConfigMap', 'kafka-rest-bridge'), 'data', 'application.properties'),
  );
  return Object.fromEntries(
    text
      .trimEnd()
      .split('\n')
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}

function uiObjects(props: KafkaUiProps = ui) {
  return synthesize((chart) => new KafkaUi(chart, 'Ui', props));
}

test('the bridge acknowledges what every replica has', () => {
  assert.equal(bridgeProperties()['kafka.producer.acks'], 'all');
  assert.equal(bridgeProperties()['kafka.producer.enable.idempotence'], 'true');
});

test('the bridge is started by the script of its image that reads the mounted files', () => {
  const objects = synthesize((chart) => new KafkaRestBridge(chart, 'Bridge', bridge));
  const pod = valueAt(find(objects, 'Deployment', 'kafka-rest-bridge'), 'spec', 'template', 'spec');
  assert.deepEqual(valueAt(pod, 'containers', 0, 'command'), ['/opt/strimzi/bin/docker/kafka_bridge_run.sh']);
  const mounts = valueAt(pod, 'containers', 0, 'volumeMounts') as { name: string; mountPath: string }[];
  assert.equal(
    mounts.find(({ name }) => name === 'kafka-rest-bridge')?.mountPath,
    '/opt/strimzi/custom-config',
  );
});

test("the bridge's password comes from a file", () => {
  const properties = bridgeProperties();
  assert.equal(properties['kafka.security.protocol'], 'SASL_SSL');
  assert.match(
    properties['kafka.sasl.jaas.config'] ?? '',
    /password="\$\{dir:\/etc\/kafka\/login:password\}"/,
  );
  const plain = { ...bridge, kafka: { bootstrapServers: 'kafka-bootstrap:9092' } };
  assert.equal(bridgeProperties(plain)['kafka.security.protocol'], 'PLAINTEXT');
});

test('the UI changes nothing, and asks for a login where it is public', () => {
  const textOf = (props: KafkaUiProps): unknown =>
    parse(String(valueAt(find(uiObjects(props), 'ConfigMap', 'kafka-ui'), 'data', 'application.yml')));
  const config = textOf(ui);
  assert.equal(valueAt(config, 'kafka', 'clusters', 0, 'readOnly'), true);
  assert.equal(valueAt(config, 'dynamic', 'config', 'enabled'), false);
  assert.equal(valueAt(config, 'auth', 'type'), 'OAUTH2');
  assert.equal(valueAt(textOf({ ...ui, access: { kind: 'port-forward' } }), 'auth', 'type'), 'DISABLED');
});

test("the UI's client of OAuth is a Secret's files", () => {
  const pod = valueAt(find(uiObjects(), 'Deployment', 'kafka-ui'), 'spec', 'template', 'spec');
  const variables = valueAt(pod, 'containers', 0, 'env') as { name: string; value: string }[];
  assert.equal(
    variables.find(({ name }) => name === 'SPRING_CONFIG_IMPORT')?.value,
    'configtree:/etc/kafka-ui/login/;configtree:/etc/kafka/login/',
  );
});

test('the UI fails in public without a login', () => {
  assert.throws(
    () => uiObjects({ ...ui, access: { kind: 'public', oauthSecretName: '' } }),
    /kafka-ui: access\.oauthSecretName must be the name of a Secret where access\.kind is public, got : anybody could read/,
  );
});
