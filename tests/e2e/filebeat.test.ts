// What our Filebeat configuration does in the program itself: `npm run test:logs`.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { filebeatLogging } from '../infra/log-settings.ts';
import type { StandInSearch } from '../search/stand-in-search.ts';
import { numberedLines } from './logs/container-log.ts';
import { buildFilebeat, Filebeat } from './logs/filebeat.ts';
import { testGuarantees } from './logs/guarantees.ts';
import { environmentFor } from './logs/rendered.ts';
import { Fixture, upTo } from './logs/fixture.ts';

const program = await buildFilebeat();

const create = (root: string, search: StandInSearch): Promise<Filebeat> =>
  Filebeat.create({ program, root, search, environment: environmentFor(search, filebeatLogging()) });

describe('Filebeat with elasticsearch', () => {
  test('a request that is too long is halved until it is taken', async (t) => {
    const options = { product: 'elasticsearch', maxRequestBytes: 100_000 } as const;
    const here = await Fixture.create(t, options, create);
    await here.collector.start();
    here.log.write(numberedLines(1_000, { bytes: 500 }));
    await here.storedLines(upTo(1_000));
    assert.ok(here.search.bulks.some(({ status }) => status === 413));
  });

  testGuarantees({
    product: 'elasticsearch',
    create,
    state: 'var/lib/headwater/filebeat',
    assertCut: ({ message, log }) => {
      assert.equal(message, 'y'.repeat(131_072));
      assert.deepEqual((log as { flags?: unknown }).flags, ['truncated']);
    },
    splitsRequests: true,
    // A place in a file is kept when its lines were delivered.
    heldInMemory: 0,
  });
});
