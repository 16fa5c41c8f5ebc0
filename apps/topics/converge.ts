import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../service/log.ts';
import { findUndeclared, planChanges, planClusterChanges, type Configs } from './reconcile.ts';
import type { Topic } from './topic.ts';
import type { TopicsAdmin } from './topics-admin.ts';

const PAUSE_MS = 250;

export interface Declaration {
  readonly topics: readonly Topic[];
  /** Dynamic values for all brokers, where Kafka has one. @default - none is looked at */
  readonly clusterConfigs?: Configs;
}

/**
 * Changes Kafka until it has what is declared, and each of the topics' partitions has a leader. What Kafka refuses is
 * tried again until the deadline: at a cold start it refuses a replication factor until enough brokers are there.
 *
 * @throws {Error} at once where the declaration would lose or move records; at the deadline what Kafka answered last
 */
export async function converge(
  admin: TopicsAdmin,
  { topics, clusterConfigs = {} }: Declaration,
  { deadlineMs, log }: { readonly deadlineMs: number; readonly log: Log },
): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  const names = topics.map(({ name }) => name);
  for (;;) {
    let failure: Error | undefined;
    try {
      const { found, allLed } = await admin.findTopics(names);
      const { changes, problems } = planChanges(topics, found);
      if (problems.length > 0) throw new RefusedDeclaration(problems);
      const foundConfigs = await admin.findClusterConfigs(Object.keys(clusterConfigs));
      const allChanges = [...planClusterChanges(clusterConfigs, foundConfigs), ...changes];
      if (allChanges.length === 0 && allLed) {
        for (const [topic, configs] of findUndeclared(topics, found)) {
          log.info({ topic, configs }, 'topic has settings that are not declared, and keeps them');
        }
        return;
      }
      for (const change of allChanges) {
        await admin.apply(change);
        log.info({ change }, 'changed');
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
