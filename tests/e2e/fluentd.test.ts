// What our Fluentd configuration does in the program itself: `npx node --test tests/e2e/fluentd.test.ts`. It needs a fluentd on the PATH with
// the plugins of fluent/fluentd-kubernetes-daemonset (elasticsearch, opensearch, concat, parser-cri,
// kubernetes_metadata_filter, prometheus); where there is none, nothing is run and the tests say so.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { Fluentd, HAS_FLUENTD } from './logs/fluentd.ts';
import { testGuarantees } from './logs/guarantees.ts';
import { Fixture } from './logs/fixture.ts';

const skip = HAS_FLUENTD ? false : 'fluentd is not installed';
/** Makes a journal of text, as journald itself would. */
const JOURNAL_WRITER = 'systemd-journal-remote';
const skipJournal =
  skip !== false || spawnSync(JOURNAL_WRITER, ['--version']).status === 0
    ? skip
    : `${JOURNAL_WRITER} is not installed`;

for (const product of ['elasticsearch', 'opensearch'] as const) {
  describe(`Fluentd with ${product}`, { skip }, () => {
    test('takes the configuration (--dry-run)', async (t) => {
      const { collector } = await Fixture.create(t, { product }, (root, search) =>
        Fluentd.create(root, search),
      );
      const { status, output } = collector.check();
      assert.equal(status, 0, output);
      assert.doesNotMatch(output, /parameter '.*' in .* is not used/);
    });

    test('lines of the journal become documents, each once', { skip: skipJournal }, async (t) => {
      const here = await Fixture.create(t, { product }, (root, search) => Fluentd.create(root, search, true));
      await writeJournal(here.root, ['one', 'one', 'bytes \u001b[1m']);
      await here.collector.start();
      await here.stored((messages) => messages.length === 3);
      assert.deepEqual(
        here
          .documents()
          .map(({ message, unit, host }) => [message, unit, host])
          .sort(),
        ['bytes \u001b[1m', 'one', 'one'].map((message) => [message, 'kubelet.service', 'node-1']),
      );
    });

    testGuarantees({
      product,
      create: (root, search) => Fluentd.create(root, search),
      state: 'var/lib/headwater/fluentd',
      assertCut: ({ message }) => assert.match(String(message), /^y{131072} … \(cut, 5242880 bytes\)$/),
      splitsRequests: false,
      // The last one, to see whether it goes on.
      heldInMemory: 1,
    });
  });
}

/** A journal of the kubelet's below a root, its entries a microsecond apart. */
async function writeJournal(root: string, messages: readonly string[]): Promise<void> {
  const directory = join(root, 'var/log/journal');
  await mkdir(directory, { recursive: true });
  const now = Date.now() * 1000;
  const fields = { _HOSTNAME: 'node-1', _SYSTEMD_UNIT: 'kubelet.service', _BOOT_ID: 'a'.repeat(32) };
  const entries = messages.map((message, index) => ({
    __REALTIME_TIMESTAMP: now + index,
    __MONOTONIC_TIMESTAMP: index + 1,
    ...fields,
    _MACHINE_ID: 'b'.repeat(32),
    MESSAGE: message,
  }));
  const text = entries.map((entry) =>
    Object.entries(entry)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  );
  const { status, stderr } = spawnSync(JOURNAL_WRITER, ['--output', join(directory, 'system.journal'), '-'], {
    input: `${text.join('\n')}\n`,
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
}
