import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { waitUntil } from '../../../infra/local/wait.ts';
import { StandInSearch, type StandInSearchOptions } from '../../search/stand-in-search.ts';
import type { Collector } from './collector.ts';
import { ContainerLog } from './container-log.ts';
import { numberOf } from './refusals.ts';

export const DEADLINE_MS = 90_000;

/** Indices of a day, and of what was refused. */
export const DAILY = /^pods-\d{4}\.\d{2}\.\d{2}$/;
export const REFUSED = /^pods-refused/;

export type Document = Readonly<Record<string, unknown>>;

/** A collector between the log of a container and a search cluster, each of the test's own. */
export class Fixture<C extends Collector = Collector> {
  /** What stands for the node's root directory, and the pod's. */
  readonly root: string;
  readonly search: StandInSearch;
  readonly log: ContainerLog;
  readonly collector: C;

  private constructor(root: string, search: StandInSearch, log: ContainerLog, collector: C) {
    this.root = root;
    this.search = search;
    this.log = log;
    this.collector = collector;
  }

  static async create<C extends Collector>(
    t: TestContext,
    options: StandInSearchOptions,
    create: (root: string, search: StandInSearch) => Promise<C>,
  ): Promise<Fixture<C>> {
    const root = await mkdtemp(join(tmpdir(), 'headwater-logs-'));
    const search = await StandInSearch.start(options);
    const clean = async (): Promise<void> => {
      await search.close();
      await rm(root, { recursive: true, force: true });
    };
    // A server that listens would hold the test's process.
    const collector = await create(root, search).catch(async (error: unknown) => {
      await clean();
      throw error;
    });
    t.after(async () => {
      await collector.stop();
      await clean();
    });
    return new Fixture(root, search, await ContainerLog.create(root), collector);
  }

  /** Documents of the daily indices. */
  documents(): Document[] {
    return [...this.search.documents(DAILY).values()];
  }

  messages(): string[] {
    return this.documents().map(({ message }) => String(message));
  }

  /** Waits until a condition holds of the messages. */
  async stored(holds: (messages: readonly string[]) => boolean): Promise<void> {
    await waitUntil(() => holds(this.messages()), { what: 'stored', deadlineMs: DEADLINE_MS });
  }

  /** Waits until each of these numbered lines is stored, and no other. */
  async storedLines(numbers: readonly number[], deadlineMs = DEADLINE_MS): Promise<void> {
    const missing = (): number[] => {
      const found = new Set(this.messages().map(numberOf));
      return numbers.filter((number) => !found.has(number));
    };
    const options = { what: 'all stored', deadlineMs, everyMs: 200 };
    await waitUntil(() => missing().length === 0, options).catch(() => undefined);
    assert.deepEqual(missing(), [], 'lines are missing');
    assert.equal(this.messages().length, numbers.length, 'lines are there twice');
  }
}

export function upTo(last: number): number[] {
  return Array.from({ length: last }, (_, index) => index + 1);
}
