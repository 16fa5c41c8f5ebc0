// Logs by way of Kafka: Filebeat on a node, a real Kafka and Filebeat as the indexer, with the configuration that the
// manifests give them. What pods ask for by a label needs an API server: that is in tests/e2e/lab/logs.test.ts.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Consumer } from '@platformatic/kafka';
import { waitUntil } from '../../infra/local/wait.ts';
import { filebeatBuffer, logstashBuffer } from '../infra/log-settings.ts';
import { KafkaUnderTest } from '../integration/producer/kafka-under-test.ts';
import { ByWayOfKafka } from './logs/by-way-of-kafka.ts';
import { ContainerLog, numberedLines } from './logs/container-log.ts';
import { buildFilebeat } from './logs/filebeat.ts';
import { testGuarantees } from './logs/guarantees.ts';
import { numberOf } from './logs/refusals.ts';
import { DEADLINE_MS, Fixture, upTo } from './logs/fixture.ts';

const program = await buildFilebeat();
/** No line takes the burst lane, however many a test writes in a second. */
const UNBOUNDED = { ...filebeatBuffer, quotaLinesPerSecond: 1_000_000 };
let kafka: KafkaUnderTest;

before(async () => {
  kafka = await KafkaUnderTest.create(1);
  await kafka.kafka.start();
});
after(() => kafka.stop());

describe('Filebeat by way of Kafka', () => {
  testGuarantees({
    product: 'elasticsearch',
    create: (root, search) =>
      ByWayOfKafka.create({ program, kafka, root, search, buffer: UNBOUNDED, lanes: ['medium'] }),
    state: 'var/lib/headwater/filebeat',
    assertCut: ({ message, log }) => {
      assert.equal(message, 'y'.repeat(131_072));
      assert.deepEqual((log as { flags?: unknown }).flags, ['truncated']);
    },
    splitsRequests: true,
    heldInMemory: 0,
  });

  test('what one source writes above its quota goes by the burst lane, and no other source’s', async (t) => {
    const buffer = { ...filebeatBuffer, quotaLinesPerSecond: 100 };
    const here = await Fixture.create(t, { product: 'elasticsearch' }, (root, search) =>
      ByWayOfKafka.create({ program, kafka, root, search, buffer, lanes: ['medium', 'burst'] }),
    );
    const quiet = await ContainerLog.create(here.root, 'quiet-0');
    here.log.write(numberedLines(2_000));
    quiet.write(numberedLines(10, { from: 5_001 }));
    await here.collector.start();
    await here.storedLines([...upTo(2_000), ...upTo(10).map((number) => number + 5_000)]);
    const lanes = new Map<number, string>();
    for (const { message, kafka: from } of here.documents()) {
      const { topic = '' } = from as { topic?: string };
      lanes.set(numberOf(message) ?? 0, topic.replace(`${here.collector.prefix}logs-`, ''));
    }
    const noisy = upTo(2_000).map((number) => lanes.get(number));
    const within = noisy.filter((lane) => lane === 'medium').length;
    // As many for each second in which they are read; the last one comes by itself, once nothing follows it.
    assert.ok(within >= 100 && within <= 1_000, `${within} lines are within the quota`);
    assert.equal(noisy.filter((lane) => lane === 'burst').length, 2_000 - within);
    assert.deepEqual(
      upTo(10).map((number) => lanes.get(number + 5_000)),
      Array.from({ length: 10 }, () => 'medium'),
    );
  });

  test('with codec plain a record is the line alone', async (t) => {
    const buffer = { ...logstashBuffer, codec: 'plain' } as const;
    const here = await Fixture.create(t, { product: 'elasticsearch' }, (root, search) =>
      ByWayOfKafka.create({ program, kafka, root, search, buffer, lanes: [] }),
    );
    here.log.write(numberedLines(3));
    await here.collector.start();
    const consumer = new Consumer({
      clientId: 'test',
      groupId: here.collector.prefix,
      bootstrapBrokers: kafka.kafka.bootstrapServers.split(','),
    });
    const stream = await consumer.consume({
      topics: [`${here.collector.prefix}logs-medium`],
      mode: 'earliest',
    });
    const values: string[] = [];
    stream.on('data', ({ value }: { value?: Buffer }) => values.push(String(value)));
    try {
      await waitUntil(() => values.length === 3, { what: 'in the topic', deadlineMs: DEADLINE_MS });
      assert.deepEqual(values, numberedLines(3));
    } finally {
      await stream.close();
      await consumer.close();
    }
  });
});
