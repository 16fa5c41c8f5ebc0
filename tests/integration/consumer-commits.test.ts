import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { waitUntil } from '../../infra/local/wait.ts';
import { range } from './consumer/fixture.ts';
import { Harness } from './consumer/harness.ts';

let harness: Harness;
before(async () => {
  harness = await Harness.start();
});
after(() => harness.stop());

describe('a commit is a hint, never the position', () => {
  for (const [what, committed] of [
    ['backwards', 3],
    ['to the middle of a segment', 25],
    ['forwards, beyond the log', 100_000],
  ] as const) {
    test(`reset ${what}: reading goes on at the end of the chain, and the commit is set right`, async () => {
      const fixture = await harness.fixture();
      await fixture.sendNumbers(0, 30);
      const first = fixture.start();
      await fixture.storedUpTo(30);
      await first.stop();
      await fixture.commit(committed);
      await fixture.sendNumbers(30, 45);
      const second = fixture.start({ MAX_SPAN: '20' });
      await fixture.storedUpTo(45);
      assert.deepEqual(await fixture.offsets(), range(0, 45));
      assert.equal(await second.metric('conflicts_total'), 0);
      await fixture.verify();
      await waitUntil(async () => (await fixture.committed()) === 45, {
        what: 'committed',
        deadlineMs: 60_000,
      });
    });
  }

  test('expired: reading goes on at the end of the chain', async () => {
    const fixture = await harness.fixture();
    await fixture.sendNumbers(0, 30);
    const first = fixture.start();
    await fixture.storedUpTo(30);
    await first.stop();
    await fixture.expireCommits();
    assert.equal(await fixture.committed(), undefined);
    const second = fixture.start();
    await waitUntil(async () => (await fixture.committed()) === 30, {
      what: 'committed anew',
      deadlineMs: 60_000,
    });
    await fixture.sendNumbers(30, 40);
    await fixture.storedUpTo(40);
    assert.deepEqual(await fixture.offsets(), range(0, 40));
    assert.equal(await second.metric('conflicts_total'), 0);
    await fixture.verify();
  });

  test('it is made only after the PUT: while the store hangs, nothing is committed', async () => {
    const fixture = await harness.fixture();
    await fixture.sendNumbers(0, 10);
    const held = Promise.withResolvers<undefined>();
    const put = harness.proxy.at(
      'before-forward',
      async () => {
        await new Promise((resolve) => setTimeout(resolve, 1000));
        assert.equal(await fixture.committed(), undefined);
        held.resolve(undefined);
        return 'go-on';
      },
      ({ topic }) => topic === fixture.topic,
    );
    fixture.start();
    await put;
    await held.promise;
    await waitUntil(async () => (await fixture.committed()) === 10, {
      what: 'committed',
      deadlineMs: 60_000,
    });
  });
});
