import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Platform } from './platform.ts';

describe('a consumer that is stopped and goes on', () => {
  let platform: Platform;
  before(async () => {
    platform = await Platform.start({ brokers: 1 });
  });
  after(() => platform.stop());

  test('beyond its session timeout, after another took over: its upload changes no object, and no segments overlap', async (t) => {
    const { storeProxy } = platform;
    const stream = await platform.stream('zombie', { partitions: 4 });
    const producer = await stream.startProducer();
    const zombie = await stream.startConsumer();
    const load = stream.load({ endpoint: producer.endpoint, events: 20_000, ratePerSecond: 200 });
    await load.untilAccepted(600);

    // The zombie's upload is held on its way until the other consumer has written the same segment.
    const takenOver = Promise.withResolvers<undefined>();
    const held = await new Promise<string>((reached) => {
      void storeProxy.at('before-forward', async ({ key }) => {
        zombie.signal('SIGSTOP');
        reached(key);
        await takenOver.promise;
        return 'go-on';
      });
    });
    const zombieWriter = storeProxy.puts.find(({ key }) => key === held)?.writer;
    const successor = await stream.startConsumer();
    const rival = await storeProxy.at(
      'after-relay',
      () => Promise.resolve('go-on' as const),
      ({ key, writer }) => key === held && writer !== zombieWriter,
    );
    assert.equal(rival.status, 200);
    const before = await stream.objects();
    const late = storeProxy.at('after-answer', () => Promise.resolve('go-on' as const), isZombies);
    takenOver.resolve(undefined);
    assert.equal((await late).status, 412);

    const seen = storeProxy.puts.length;
    zombie.signal('SIGCONT');
    await load.untilAccepted(load.accepted + 1_000);
    await load.stop();
    await stream.drained(60_000);
    const now = await stream.objects();
    for (const [key, object] of before) assert.equal(now.get(key), object, key);
    const stale = storeProxy.puts.slice(seen).filter((put) => isZombies(put) && put.status === 412);
    t.diagnostic(`${before.size} objects unchanged, ${1 + stale.length} uploads of the zombie refused`);
    await stream.verify(t);
    assert.deepEqual([zombie.pid, successor.pid].map(Boolean), [true, true]);

    function isZombies({ writer }: { readonly writer: string }): boolean {
      return writer === zombieWriter;
    }
  });
});
