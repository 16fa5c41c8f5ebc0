import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../service/log.ts';
import { findUndeclared, planChanges, planClusterChanges, type Configs } from './reconcile.ts';
import type { Topic } from './topic.ts';
import type { TopicsAdmin } from './topics-admin.ts';

const PAUSE_MS = 250;

export interface Declaration {
  readonly topics: readonly Topic[];
  /** Dynamic values for all brokers; applied only where Kafka has a dynamic value. @default - none */
  readonly clusterConfigs?: Configs;
}

/**
 * Changes Kafka until it matches the declaration and every partition of the topics has a leader. Retries errors until
 * the deadline: at a cold start Kafka refuses a replication factor until enough brokers have registered.
 *
 * @throws {Error} at once if the declaration would lose or move records; at the deadline with Kafka's last error
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

/** The parts of a declaration that must not be applied, one per line. */
class RefusedDeclaration extends Error {
  override readonly name = 'RefusedDeclaration';

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
  }
}
