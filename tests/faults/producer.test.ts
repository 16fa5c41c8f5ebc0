import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Platform } from './platform.ts';
import { ReadinessProxy } from './readiness-proxy.ts';

describe('producers, under keep-alive load', () => {
  let platform: Platform;
  before(async () => {
    platform = await Platform.start({ brokers: 1 });
  });
  after(() => platform.stop());

  test('each of two producers behind a readiness-aware proxy gets SIGTERM in turn: no request fails', async (t) => {
    const stream = await platform.stream('producers-rolled');
    await stream.startConsumer();
    const producers = [await stream.startProducer(), await stream.startProducer()];
    const proxy = await ReadinessProxy.listen(producers.map(({ endpoint }) => endpoint));
    t.after(() => proxy.close());
    // Few enough that each is used again and again, as an ingress and its clients do.
    const load = stream.load({
      endpoint: proxy.endpoint,
      events: 20_000,
      ratePerSecond: 300,
      connections: 50,
    });
    for (const producer of producers) {
      await load.untilAccepted(load.accepted + 500);
      producer.signal('SIGTERM');
      assert.deepEqual(await producer.exited, { code: 0, signal: null });
      await producer.start();
    }
    await load.untilAccepted(load.accepted + 500);
    await load.stop();
    t.diagnostic(
      `answers: ${JSON.stringify(load.answers)}, requests per producer: ${proxy.served.join(', ')}`,
    );
    assert.deepEqual(Object.keys(load.answers), ['201']);
    await stream.drained(30_000);
    await stream.verify(t);
  });

  test('a producer gets SIGKILL, three times: what it accepted is stored, what it refused is not', async (t) => {
    const stream = await platform.stream('producer-killed');
    await stream.startConsumer();
    const producer = await stream.startProducer({ LINGER_MS: '20' });
    const load = stream.load({ endpoint: producer.endpoint, events: 20_000, ratePerSecond: 500 });
    for (let round = 1; round <= 3; round += 1) {
      await load.untilAccepted(load.accepted + 500);
      producer.signal('SIGKILL');
      await producer.exited;
      await producer.start();
    }
    await load.untilAccepted(load.accepted + 500);
    await load.stop();
    t.diagnostic(`answers: ${JSON.stringify(load.answers)}`);
    await stream.drained(30_000);
    const { unknown } = await stream.verify(t);
    assert.ok(unknown > 0, 'no request was under way when the producer was killed');
  });
});
