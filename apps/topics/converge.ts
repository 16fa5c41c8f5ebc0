import { setTimeout as sleep } from 'node:timers/promises';
import type { Admin } from '@platformatic/kafka';
import type { Log } from '../service/log.ts';
import { applyChange, findTopics } from './kafka-topics.ts';
import { planChanges } from './reconcile.ts';
import type { Topic } from './topic.ts';

const PAUSE_MS = 250;

/**
 * Changes Kafka until it has the declared topics and each of their partitions has a leader. What Kafka refuses is
 * tried again until the deadline: at a cold start it refuses a replication factor until enough brokers are there.
 *
 * @throws {Error} at once where the declaration would lose or move records; at the deadline what Kafka answered last
 */
export async function converge(
  admin: Admin,
  topics: readonly Topic[],
  { deadlineMs, log }: { readonly deadlineMs: number; readonly log: Log },
): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  const names = topics.map(({ name }) => name);
  for (;;) {
    let failure: Error | undefined;
    try {
      const { found, allLed } = await findTopics(admin, names);
      const { changes, problems } = planChanges(topics, found);
      if (problems.length > 0) throw new RefusedDeclaration(problems);
      if (changes.length === 0 && allLed) return;
      for (const change of changes) {
        await applyChange(admin, change);
        log.info({ change }, 'topic changed');
      }
    } catch (error) {
      if (error instanceof RefusedDeclaration) throw error;
      failure = error as Error;
      log.warn({ err: error }, 'kafka refused, trying again');
    }
    if (performance.now() > deadline) {
      throw new Error(
        `kafka does not have the topics, each partition with a leader, after ${deadlineMs} ms`,
        {
          cause: failure,
        },
      );
    }
    await sleep(PAUSE_MS);
  }
}

/** What is declared and must not be done; one line each. */
class RefusedDeclaration extends Error {
  override readonly name = 'RefusedDeclaration';

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
  }
}
