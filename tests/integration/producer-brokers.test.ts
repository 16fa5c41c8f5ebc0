import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Application } from '../../infra/local/application.ts';
import { waitUntil } from '../../infra/local/wait.ts';
import { KafkaUnderTest, upload, type UploadResponse } from './producer/kafka-under-test.ts';

/** Within which it is promised to be taken again, or ready. */
const PROMISED_MS = 30_000;

const PARTITIONS = 3;
/** A key for each partition. */
const keys = ['21', 'abc', 'foobar', 'a', 'b', 'c', 'd', 'e', 'f'];

interface Sent extends UploadResponse {
  readonly id: string;
  /** When the answer came, as of `performance.now()`. */
  readonly at: number;
}

let under: KafkaUnderTest;

before(async () => {
  under = await KafkaUnderTest.create(3);
  await under.kafka.start();
});
after(() => under.stop());

/** 200 uploads a second with keys, however long the answers take, until stopped. */
function load(producer: Application): { stop: () => Promise<Sent[]> } {
  const sent: Promise<Sent>[] = [];
  const timer = setInterval(() => {
    const id = `event-${sent.length}`;
    const key = keys[sent.length % keys.length] ?? '';
    const answer = upload(producer, id, { 'x-event-key': key });
    sent.push(answer.then((result) => ({ ...result, id, at: performance.now() })));
  }, 5);
  return {
    stop: () => {
      clearInterval(timer);
      return Promise.all(sent);
    },
  };
}

/** Every record of the topic, as its leaders have it. */
async function stored(topic: string): Promise<string[]> {
  const leaders = await under.leaders(topic);
  const values = leaders.map((leader, partition) =>
    under.values(
      topic,
      partition,
      under.kafka.brokers.find(({ id }) => id === leader),
    ),
  );
  return (await Promise.all(values)).flat();
}

/** Nothing acknowledged is missing, nothing refused is there, nothing is there twice. */
function countByStatus(sent: readonly Sent[], values: readonly string[]): Record<number, number> {
  const found = new Set(values);
  assert.equal(found.size, values.length, 'stored twice');
  const counts: Record<number, number> = {};
  for (const { id, status, code } of sent) {
    counts[status] = (counts[status] ?? 0) + 1;
    assert.ok([201, 503, 504].includes(status), `${status} ${code ?? ''}`);
    if (status === 201) assert.ok(found.has(id), `${id} was acknowledged and is lost`);
    if (status === 503) assert.ok(!found.has(id), `${id} was refused and is stored`);
  }
  return counts;
}

test('a leader that is stopped for 20 s: its partitions take again meanwhile, nothing is lost or stored twice', async (t) => {
  await under.makeTopic('stopped', PARTITIONS);
  const producer = await under.startProducer(t, 'stopped');
  await Promise.all(keys.map((key) => upload(producer, `first-${key}`, { 'x-event-key': key })));
  const leaders = await under.leaders('stopped');
  const broker = under.kafka.brokers.find(({ id }) => id === leaders[0]);
  assert.ok(broker);
  const led = [...leaders.keys()].filter((partition) => leaders[partition] === broker.id);
  const { stop } = load(producer);
  await delay(1_000);
  const since = performance.now();
  broker.signal('SIGSTOP');
  await delay(20_000);
  broker.signal('SIGCONT');
  await delay(5_000);
  const sent = await stop();
  for (const partition of led) {
    const times = sent.filter((one) => one.status === 201 && one.partition === partition && one.at > since);
    const silence = Math.max(...times.map(({ at }, index) => at - (times[index - 1]?.at ?? since)));
    t.diagnostic(`partition ${partition}: silent for ${Math.round(silence)} ms`);
    assert.ok(silence < 15_000);
  }
  const most = await under.connections(producer.pid ?? 0);
  assert.ok(most <= under.kafka.brokers.length + 2, `${most} connections`);
  const values = (await stored('stopped')).filter((value) => value.startsWith('event-'));
  t.diagnostic(`answers: ${JSON.stringify(countByStatus(sent, values))}`);
});

test('two of three brokers down: 503 with Retry-After or 504, never 2xx; taken again within 30 s of their return', async (t) => {
  await under.makeTopic('few-replicas', PARTITIONS);
  const producer = await under.startProducer(t, 'few-replicas', { DELIVERY_TIMEOUT_MS: '2000' });
  await Promise.all(keys.map((key) => upload(producer, `first-${key}`, { 'x-event-key': key })));
  const down = under.kafka.brokers.slice(1);
  for (const broker of down) broker.signal('SIGKILL');
  await Promise.all(down.map((broker) => broker.exited));
  const sent: Sent[] = [];
  const send = async () => {
    const id = `event-${sent.length}`;
    const answer = { ...(await upload(producer, id)), id, at: performance.now() };
    sent.push(answer);
    return answer;
  };
  // Until the controller has noticed, what is appended waits for the others: 504.
  const refused = await waitUntil(
    async () => {
      const answer = await send();
      return answer.status === 503 && answer;
    },
    { what: 'refused before the append', deadlineMs: 60_000 },
  );
  assert.deepEqual([refused.code, refused.retryAfter], ['broker_unavailable', '1']);
  await send();
  assert.ok(sent.every(({ status }) => status === 503 || status === 504));
  await Promise.all(down.map((broker) => broker.start()));
  const since = performance.now();
  await waitUntil(async () => (await send()).status === 201, {
    what: 'taken again',
    deadlineMs: PROMISED_MS,
  });
  t.diagnostic(`taken again ${Math.round(performance.now() - since)} ms after their return`);
  await waitUntil(async () => new Set(await under.leaders('few-replicas')).size > 0, {
    what: 'led',
    deadlineMs: 60_000,
  });
  const values = (await stored('few-replicas')).filter((value) => value.startsWith('event-'));
  t.diagnostic(`answers: ${JSON.stringify(countByStatus(sent, values))}`);
});
