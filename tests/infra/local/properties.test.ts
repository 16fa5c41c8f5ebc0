import assert from 'node:assert/strict';
import test from 'node:test';
import { brokerProperties } from '../../../infra/local/kafka-properties.ts';
import { renderProperties } from '../../../infra/local/properties.ts';

test('properties are sorted by name, and what is undefined is left out', () => {
  assert.equal(renderProperties({ b: true, a: 'x y', 'a.b': 1, c: undefined }), 'a=x y\na.b=1\nb=true\n');
});

test('what would need escaping is refused by name', () => {
  for (const value of ['a\nb', 'a\\b', ' a'])
    assert.throws(() => renderProperties({ name: value }), /^Error: name must be one line/);
  assert.throws(() => renderProperties({ 'a=b': 1 }), /property name must be .*"a=b"/);
});

const broker = { id: 1, port: 9092, logDir: '/data' };
const zookeeper = { kind: 'zookeeper', endpoint: '127.0.0.1:2181' } as const;

/** As a broker reads it. */
function parsed(...args: Parameters<typeof brokerProperties>) {
  return Object.fromEntries(
    brokerProperties(...args)
      .trimEnd()
      .split('\n')
      .map((line) => line.split('=', 2) as [string, string]),
  );
}

test('three brokers replicate to all three and acknowledge with two, one to itself', () => {
  const three = parsed({ ...broker, brokers: 3, metadata: zookeeper });
  assert.equal(three['default.replication.factor'], '3');
  assert.equal(three['min.insync.replicas'], '2');
  assert.equal(three['offsets.topic.replication.factor'], '3');
  const one = parsed({ ...broker, brokers: 1, metadata: zookeeper });
  assert.equal(one['default.replication.factor'], '1');
  assert.equal(one['min.insync.replicas'], '1');
});

test('every listener is on loopback, and no topic makes itself', () => {
  const kraft = { kind: 'kraft', controllerPort: 9093, voters: '1@127.0.0.1:9093' } as const;
  for (const metadata of [zookeeper, kraft]) {
    const properties = parsed({ ...broker, brokers: 1, metadata });
    for (const listener of (properties['listeners'] ?? '').split(','))
      assert.match(listener, /:\/\/127\.0\.0\.1:\d+$/);
    assert.equal(properties['auto.create.topics.enable'], 'false');
  }
});

test('a dead broker is noticed after 6 s with ZooKeeper, and with KRaft after 4 s, in which it may miss three heartbeats', () => {
  const kraft = { kind: 'kraft', controllerPort: 9093, voters: '1@127.0.0.1:9093' } as const;
  assert.equal(
    parsed({ ...broker, brokers: 1, metadata: zookeeper })['zookeeper.session.timeout.ms'],
    '6000',
  );
  const properties = parsed({ ...broker, brokers: 1, metadata: kraft });
  assert.equal(properties['broker.session.timeout.ms'], '4000');
  assert.equal(properties['broker.heartbeat.interval.ms'], '1000');
});

test('overrides win', () => {
  const overrides = { 'min.insync.replicas': 3, 'log.retention.ms': 5 };
  const properties = parsed({ ...broker, brokers: 3, metadata: zookeeper, overrides });
  assert.equal(properties['min.insync.replicas'], '3');
  assert.equal(properties['log.retention.ms'], '5');
});
