// What our Fluentd configuration does in the program itself: `npm run test:fluentd`. It needs a fluentd on the PATH with
// the plugins of fluent/fluentd-kubernetes-daemonset (elasticsearch, opensearch, concat, parser-cri,
// kubernetes_metadata_filter, prometheus); where there is none, nothing is run and the tests say so.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Fluentd, HAS_FLUENTD } from './logs/fluentd.ts';
import { testGuarantees } from './logs/guarantees.ts';
import { Scene } from './logs/scene.ts';

const skip = HAS_FLUENTD ? false : 'fluentd is not installed';

for (const product of ['elasticsearch', 'opensearch'] as const) {
  describe(`Fluentd with ${product}`, { skip }, () => {
    test('takes the configuration (--dry-run)', async (t) => {
      const { collector } = await Scene.create(t, product, (root, search) => Fluentd.create(root, search));
      const { status, output } = collector.check();
      assert.equal(status, 0, output);
      assert.doesNotMatch(output, /parameter '.*' in .* is not used/);
    });

    testGuarantees({
      product,
      create: (root, search) => Fluentd.create(root, search),
      state: 'var/lib/headwater/fluentd',
      assertCut: ({ message }) => assert.match(String(message), /^y{131072} … \(cut, 5242880 bytes\)$/),
      // The last one, to see whether it goes on.
      heldInMemory: 1,
    });
  });
}
