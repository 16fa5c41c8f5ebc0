import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { test, type TestContext } from 'node:test';
import { join } from 'node:path';
import { waitUntil } from '../../../infra/local/wait.ts';
import type { SearchProduct } from '../../search/search-state.ts';
import type { StandInSearch } from '../../search/stand-in-search.ts';
import type { Collector } from './collector.ts';
import { numberedLines, STACK_TRACE } from './container-log.ts';
import { FAULTS, isEvery, LASTING, numberOf, PASSING } from './refusals.ts';
import { DAILY, DEADLINE_MS, type Document, REFUSED, Fixture, upTo } from './fixture.ts';

/** What differs between the collectors. */
export interface CollectorUnderTest {
  readonly product: SearchProduct;
  readonly create: (root: string, search: StandInSearch) => Promise<Collector>;
  /** Where it keeps what it has read and delivered, in the node's root. */
  readonly state: string;
  /** Asserts that a document of a text that was too long says so. */
  readonly assertCut: (document: Document) => void;
  /** Whether it halves a request that is too long, rather than never to make one. */
  readonly splitsRequests: boolean;
  /** The most records of one stream that are lost with its process. */
  readonly heldInMemory: number;
}

/** Tests of what every collector guarantees, with the real program. */
export function testGuarantees({
  product,
  create,
  state,
  assertCut,
  splitsRequests,
  heldInMemory,
}: CollectorUnderTest): void {
  const fixture = (t: TestContext): Promise<Fixture> => Fixture.create(t, { product }, create);

  test('lines of the runtime become documents: cut ones whole, each once, with its stream', async (t) => {
    const here = await fixture(t);
    const long = `${'x'.repeat(40_000)} end`;
    here.log.write(['one', long]);
    here.log.write(['one'], 'stderr');
    await here.collector.start();
    await here.stored((messages) => messages.length === 3);
    assert.deepEqual(
      here
        .documents()
        .map(({ stream, message }) => [stream, message])
        .sort(),
      [
        ['stderr', 'one'],
        ['stdout', 'one'],
        ['stdout', long],
      ],
    );
  });

  for (const fault of FAULTS) {
    test(`nothing is lost by ${JSON.stringify(fault)}`, async (t) => {
      const here = await fixture(t);
      here.search.inject(fault, 2);
      await here.collector.start();
      here.log.write(numberedLines(50));
      await here.storedLines(upTo(50));
      here.log.write(numberedLines(50, { from: 51 }));
      await here.storedLines(upTo(100));
      assert.equal(here.search.faultsLeft, 0);
      assert.equal(await here.collector.refused(), 0);
    });
  }

  for (const refusal of PASSING) {
    test(`documents refused with ${refusal.status} ${refusal.type} are sent again`, async (t) => {
      const here = await fixture(t);
      const left = new Map<string | undefined, number>();
      here.search.refuse((item) => {
        if (!isEvery(2, item)) return undefined;
        const times = left.get(item.id) ?? 2;
        left.set(item.id, times - 1);
        return times > 0 ? refusal : undefined;
      });
      here.log.write(numberedLines(50));
      await here.collector.start();
      await here.storedLines(upTo(50));
      assert.equal(await here.collector.refused(), 0);
    });
  }

  test('documents refused for good are counted and kept, and hold back no others', async (t) => {
    const here = await fixture(t);
    const { search, collector, log } = here;
    search.refuse((item) => (DAILY.test(item.index) && isEvery(5, item) ? LASTING : undefined));
    log.write(numberedLines(50));
    await collector.start();
    await here.storedLines(upTo(50).filter((number) => number % 5 !== 0));
    await waitUntil(() => search.documents(REFUSED).size === 10, { what: 'kept', deadlineMs: DEADLINE_MS });
    for (const { message } of search.documents(REFUSED).values()) {
      const record = JSON.parse(String(message)) as Document;
      assert.equal((numberOf(record['message']) ?? 1) % 5, 0);
    }
    await waitUntil(async () => (await collector.refused()) === 10, {
      what: 'counted',
      deadlineMs: DEADLINE_MS,
    });
  });

  test('a backlog is delivered in requests that the cluster takes', async (t) => {
    const here = await fixture(t);
    const { search, collector, log } = here;
    search.inject({ kind: 'status', status: 503 });
    await collector.start();
    // Three times what one request may hold, in the log of one container.
    log.write(numberedLines(20_000, { bytes: 1_500 }));
    await waitUntil(() => collector.holdsBack(log), { what: 'read', deadlineMs: 300_000, everyMs: 1_000 });
    search.heal();
    await here.storedLines(upTo(20_000), 300_000);
    assert.ok(search.bulks.every(({ status }) => status !== 413));
  });

  test('text that is six times as long in JSON is delivered', async (t) => {
    const here = await fixture(t);
    await here.collector.start();
    here.log.write(numberedLines(5_000).map((line) => line.padEnd(1_000, '\u0001')));
    await here.storedLines(upTo(5_000), 300_000);
    if (!splitsRequests) assert.ok(here.search.bulks.every(({ status }) => status !== 413));
  });

  test('what is sent is logs alone: no shipper makes templates', async (t) => {
    const here = await fixture(t);
    here.log.write(numberedLines(10));
    await here.collector.start();
    await here.storedLines(upTo(10));
    here.log.write(numberedLines(10, { from: 11 }));
    await here.storedLines(upTo(20));
    const changes = here.search.otherRequests.filter((request) => !/^(GET|HEAD) /.test(request));
    assert.deepEqual(changes, []);
  });

  test('a stack trace with its causes is one document', async (t) => {
    const here = await fixture(t);
    here.log.write(['before', ...STACK_TRACE, 'after']);
    await here.collector.start();
    await here.stored((messages) => messages.includes('after'));
    assert.deepEqual(here.messages().sort(), ['after', 'before', STACK_TRACE.join('\n')].sort());
  });

  test('bytes that are not UTF-8 are replaced, and characters cut by the runtime are whole', async (t) => {
    const here = await fixture(t);
    const cut = `${'x'.repeat(16 * 1024 - 1)}é and on`;
    here.log.write([Buffer.from([0x61, 0xff, 0xfe, 0x62]), cut, Buffer.from([0xc3])]);
    await here.collector.start();
    await here.stored((messages) => messages.length === 3);
    assert.deepEqual(here.messages().sort(), ['a\ufffd\ufffdb', cut, '\ufffd'].sort());
  });

  test('a line without end is cut at 128 KiB, says so, and holds back no others', async (t) => {
    const here = await fixture(t);
    here.log.write(['y'.repeat(5 * 2 ** 20), ...numberedLines(20)]);
    await here.collector.start();
    await here.stored((messages) => messages.length === 21);
    const [long = {}] = here.documents().filter(({ message }) => String(message).startsWith('y'));
    assertCut(long);
  });

  test(`killed, it loses at most ${heldInMemory} records of a stream`, async (t) => {
    const here = await fixture(t);
    const { collector, log } = here;
    log.write(numberedLines(200));
    await collector.start();
    await here.stored((messages) => messages.length > 0);
    await collector.kill();
    log.write(numberedLines(200, { from: 201 }));
    await collector.start();
    await here.stored((messages) => messages.some((message) => numberOf(message) === 400));
    await collector.stop();
    const found = new Set(here.messages().map(numberOf));
    const missing = upTo(400).filter((number) => !found.has(number));
    assert.ok(missing.length <= heldInMemory, `${missing.length} lines are lost: ${missing.join(', ')}`);
  });

  test('lines that are read a second time are the documents that are there', async (t) => {
    const here = await fixture(t);
    const { root, collector, log, search } = here;
    log.write(numberedLines(20));
    await collector.start();
    await here.storedLines(upTo(20));
    await collector.stop();
    await rm(join(root, state), { recursive: true });
    // It is read behind those that are there.
    log.write(numberedLines(1, { from: 21 }));
    await collector.start();
    await here.storedLines(upTo(21));
    const sent = search.bulks.reduce((sum, { documents }) => sum + documents, 0);
    assert.ok(sent >= 41, `${sent} documents were sent`);
  });
}
