// What our Filebeat configuration does in the program itself: `npm run test:logs`.
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { filebeatLogging } from '../infra/log-settings.ts';
import { buildFilebeat, Filebeat } from './logs/filebeat.ts';
import { testGuarantees } from './logs/guarantees.ts';
import { environmentFor } from './logs/rendered.ts';

const program = await buildFilebeat();

describe('Filebeat with elasticsearch', () => {
  testGuarantees({
    product: 'elasticsearch',
    create: (root, search) =>
      Filebeat.create({ program, root, search, environment: environmentFor(search, filebeatLogging()) }),
    state: 'var/lib/headwater/filebeat',
    assertCut: ({ message, log }) => {
      assert.equal(message, 'y'.repeat(131_072));
      assert.deepEqual((log as { flags?: unknown }).flags, ['truncated']);
    },
    // A place in a file is kept when its lines were delivered.
    heldInMemory: 0,
  });
});
