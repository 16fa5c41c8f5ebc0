import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runInNewContext } from 'node:vm';
import { Size } from 'cdk8s';
import { parse } from 'yaml';
import {
  filebeatConfiguration,
  type LogDestination,
} from '../../../../infra/constructs/logs/filebeat-configuration.ts';
import {
  LANE_SCRIPT,
  NAMES_SCRIPT,
  quotaScript,
} from '../../../../infra/constructs/logs/filebeat-scripts.ts';
import { Filebeat, type FilebeatProps } from '../../../../infra/constructs/logs/filebeat.ts';
import { find, synthesize, valueAt } from '../../manifests.ts';
import { search } from './search.ts';

const toSearch: LogDestination = {
  kind: 'search',
  search,
};
const toKafka: LogDestination = {
  kind: 'kafka',
  kafka: {
    bootstrapServers: 'a:9093,b:9093',
    caSecret: 'kafka-certificate-v1',
    login: { username: 'logs', passwordSecret: 'kafka-logs-v1' },
  },
  codec: 'json',
  quotaLinesPerSecond: 100,
  maxMessageBytes: 1_048_576,
};
const minimal: FilebeatProps = {
  namespace: 'headwater-logging',
  image: 'filebeat:9',
  destination: toSearch,
  resources: { cpuMillicores: 100, memory: Size.mebibytes(256) },
};

function parsed(destination: LogDestination): unknown {
  return parse(filebeatConfiguration({ namespace: 'headwater-logging', destination }));
}

function podOf(props: FilebeatProps): unknown {
  const set = find(
    synthesize((chart) => new Filebeat(chart, 'Filebeat', props)),
    'DaemonSet',
    'filebeat',
  );
  return valueAt(set, 'spec', 'template', 'spec');
}

test('takes every property', () => {
  const pod = podOf({ ...minimal, priorityClassName: 'important' } satisfies Required<FilebeatProps>);
  assert.equal(valueAt(pod, 'priorityClassName'), 'important');
});

test('joins what goes on with the record before it, and bounds a record in bytes', () => {
  const input = valueAt(parsed(toSearch), 'filebeat.inputs', 0);
  const lines = valueAt(input, 'parsers', 1, 'multiline');
  const goesOn = (line: string): boolean => new RegExp(String(valueAt(lines, 'pattern'))).test(line);
  assert.deepEqual([valueAt(lines, 'negate'), valueAt(lines, 'match')], [false, 'after']);
  assert.deepEqual(['\tat a.B.c', '', 'Caused by: a.B', 'Causes'].map(goesOn), [true, true, true, false]);
  assert.equal(valueAt(input, 'message_max_bytes'), 131_072);
  assert.equal(valueAt(lines, 'max_bytes'), 131_072);
});

test('a shipper makes no index template and no lifecycle policy', () => {
  const configuration = parsed(toSearch);
  assert.equal(valueAt(configuration, 'setup.template.enabled'), false);
  assert.equal(valueAt(configuration, 'setup.ilm.enabled'), false);
});

test('reads what the runtime writes, knows a renamed file again, and leaves its own lines alone', () => {
  const input = valueAt(parsed(toSearch), 'filebeat.inputs', 0);
  assert.equal(valueAt(input, 'type'), 'filestream');
  assert.deepEqual(valueAt(input, 'parsers', 0), { container: { stream: 'all', format: 'cri' } });
  assert.ok('file_identity.fingerprint' in (input as object));
  const [own] = valueAt(input, 'prospector', 'scanner', 'exclude_files') as [string];
  assert.match('/var/log/containers/filebeat-x7f2k_headwater-logging_filebeat-0.log', new RegExp(own));
  assert.doesNotMatch('/var/log/containers/filebeat-x7f2k_elsewhere_filebeat-0.log', new RegExp(own));
});

test('hears a pod whose log is still short', () => {
  const scanner = valueAt(parsed(toSearch), 'filebeat.inputs', 0, 'prospector', 'scanner');
  // As many bytes as the time of a first line, its stream and some of its text have.
  assert.deepEqual(valueAt(scanner, 'fingerprint'), { enabled: true, length: 64 });
});

test('names a document where its line is read, under the name that the way there keeps', () => {
  const nameFor = (destination: LogDestination) =>
    valueAt(parsed(destination), 'filebeat.inputs', 0, 'processors', 0, 'fingerprint', 'target_field');
  assert.equal(nameFor(toSearch), '@metadata._id');
  assert.equal(nameFor(toKafka), 'document_id');
});

test('waits for every replica in Kafka, over TLS, with a login that no variable of the pod shows', () => {
  const output = valueAt(parsed(toKafka), 'output.kafka');
  assert.equal(valueAt(output, 'required_acks'), -1);
  assert.deepEqual(valueAt(output, 'hosts'), ['a:9093', 'b:9093']);
  assert.equal(valueAt(output, 'topic'), 'logs-%{[lane]}');
  assert.equal(valueAt(output, 'ssl', 'verification_mode'), 'full');
  assert.equal(valueAt(output, 'sasl.mechanism'), 'SCRAM-SHA-512');

  const pod = podOf({ ...minimal, destination: toKafka });
  const names = valueAt(pod, 'containers', 0, 'env') as { name: string }[];
  assert.deepEqual(
    names.map(({ name }) => name),
    ['NODE_NAME'],
  );
  assert.match(
    String(valueAt(pod, 'containers', 0, 'command', 2)),
    /KAFKA_PASSWORD="\$\(cat \/etc\/kafka\/login\/password\)"/,
  );
});

test("mounts the authority of the brokers' certificate, and not its private key", () => {
  const volumes = valueAt(podOf({ ...minimal, destination: toKafka }), 'volumes') as {
    name: string;
    secret?: unknown;
  }[];
  const certificate = volumes.find(({ name }) => name === 'kafka-certificate-v1');
  assert.deepEqual(valueAt(certificate?.secret, 'items'), [{ key: 'ca.crt', path: 'ca.crt' }]);
});

type Process = (event: { Get: (key: string) => unknown; Put: (key: string, value: unknown) => void }) => void;

/** What Filebeat would run. */
function load(source: string, clock = { second: 0 }): Process {
  const context: Record<string, unknown> = { Date: { now: () => clock.second * 1000 } };
  runInNewContext(source, context);
  return context['process'] as Process;
}

function run(process: Process, fields: Map<string, unknown>): void {
  process({ Get: (key) => fields.get(key) ?? null, Put: (key, value) => fields.set(key, value) });
}

/** Runs the scripts on lines as Filebeat would, and tells their lanes. */
function lanesOf(
  quota: number,
  lines: readonly { readonly second: number; readonly label?: string }[],
): string[] {
  const clock = { second: 0 };
  const scripts = [quotaScript(quota), LANE_SCRIPT].map((source) => load(source, clock));
  return lines.map(({ second, label }) => {
    const fields = new Map<string, unknown>([['kubernetes.labels.headwater/log-lane', label ?? null]]);
    clock.second = second;
    for (const script of scripts) run(script, fields);
    return String(fields.get('lane'));
  });
}

function namesOf(file: string): unknown[] {
  const fields = new Map<string, unknown>([['log.file.path', `/var/log/containers/${file}`]]);
  run(load(NAMES_SCRIPT), fields);
  return ['namespace', 'pod.name', 'container.name'].map((name) => fields.get(`kubernetes.${name}`));
}

test('a line has the names of its pod, namespace and container before the API server has told them', () => {
  const id = '0'.repeat(64);
  assert.deepEqual(namesOf(`producer-7f9c-x2k_headwater_producer-${id}.log`), [
    ...['headwater', 'producer-7f9c-x2k', 'producer'],
  ]);
  assert.deepEqual(namesOf(`my.pod-0_my-namespace_my-2nd-container-${id}.log`), [
    ...['my-namespace', 'my.pod-0', 'my-2nd-container'],
  ]);
  assert.deepEqual(namesOf('something-else.log'), [undefined, undefined, undefined]);
});

test('one watch on the API server serves all files of a node', () => {
  for (const destination of [toSearch, toKafka]) {
    const configuration = parsed(destination);
    assert.ok('add_kubernetes_metadata' in (valueAt(configuration, 'processors', 0) as object));
    const input = JSON.stringify(valueAt(configuration, 'filebeat.inputs', 0));
    assert.doesNotMatch(input, /add_kubernetes_metadata/);
  }
});

test('a pod chooses its lane by a label, and nobody chooses the burst lane', () => {
  const labels = [undefined, 'high', 'medium', 'low', 'burst', 'urgent'];
  const lines = labels.map((label) => ({ second: 1, ...(label !== undefined && { label }) }));
  assert.deepEqual(lanesOf(100, lines), ['medium', 'high', 'medium', 'low', 'medium', 'medium']);
});

test('what a source writes above its quota goes to the burst lane, until the next second', () => {
  const lines = [1, 1, 1, 1, 2, 2].map((second) => ({ second, label: 'high' }));
  assert.deepEqual(lanesOf(2, lines), ['high', 'high', 'burst', 'burst', 'high', 'high']);
});

test('the scripts are of the ECMAScript 5.1 that Filebeat runs', () => {
  assert.doesNotMatch([NAMES_SCRIPT, LANE_SCRIPT, quotaScript(1)].join('\n'), /=>|\b(const|let|class)\b|`/);
});

test('fails with OpenSearch', () => {
  const destination: LogDestination = {
    kind: 'search',
    search: { ...toSearch.search, product: 'opensearch' },
  };
  assert.throws(
    () => synthesize((chart) => new Filebeat(chart, 'Filebeat', { ...minimal, destination })),
    /filebeat: search\.product must be elasticsearch, got opensearch: Filebeat after 7\.12 refuses OpenSearch/,
  );
});
