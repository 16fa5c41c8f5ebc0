import type { PresentTopic, Topic } from './topic.ts';

/** A topic as Kafka has it. */
export interface FoundTopic {
  readonly partitions: number;
  readonly replicationFactor: number;
  /** The topic's own configuration, without what it takes from the brokers. */
  readonly configs: Readonly<Record<string, string>>;
}

/** One step towards what is declared. */
export type Change =
  | { readonly kind: 'create'; readonly topic: PresentTopic }
  | { readonly kind: 'grow'; readonly name: string; readonly from: number; readonly to: number }
  | {
      readonly kind: 'configure';
      readonly name: string;
      readonly set: Readonly<Record<string, string>>;
      /** Back to the broker's value. */
      readonly reset: readonly string[];
    }
  | { readonly kind: 'delete'; readonly name: string };

export interface Plan {
  readonly changes: readonly Change[];
  /** What is declared and cannot be done without losing or moving records; nothing may be changed then. */
  readonly problems: readonly string[];
}

/** What to do so that Kafka has the declared topics. Topics that are not declared are not touched. */
export function planChanges(declared: readonly Topic[], found: ReadonlyMap<string, FoundTopic>): Plan {
  const changes: Change[] = [];
  const problems: string[] = [];
  for (const topic of declared) {
    const existing = found.get(topic.name);
    if ('state' in topic) {
      if (existing !== undefined) changes.push({ kind: 'delete', name: topic.name });
    } else if (existing === undefined) {
      changes.push({ kind: 'create', topic });
    } else {
      problems.push(...problemsOf(topic, existing));
      changes.push(...changesOf(topic, existing));
    }
  }
  return { changes, problems };
}

function problemsOf({ name, partitions, replicationFactor }: PresentTopic, found: FoundTopic): string[] {
  const problems: string[] = [];
  if (partitions !== undefined && partitions < found.partitions) {
    problems.push(
      `topic ${name}: partitions must be at least the ${found.partitions} that it has, got ${partitions}: ` +
        'Kafka cannot take a partition away from its records',
    );
  }
  if (replicationFactor !== undefined && replicationFactor !== found.replicationFactor) {
    problems.push(
      `topic ${name}: replicationFactor must be the ${found.replicationFactor} that it has, got ${replicationFactor}: ` +
        'changing it copies all its records, which kafka-reassign-partitions does under your eyes',
    );
  }
  return problems;
}

function changesOf({ name, partitions, configs }: PresentTopic, found: FoundTopic): Change[] {
  const changes: Change[] = [];
  if (partitions !== undefined && partitions > found.partitions) {
    changes.push({ kind: 'grow', name, from: found.partitions, to: partitions });
  }
  if (configs !== undefined) {
    const set = Object.fromEntries(
      Object.entries(configs).filter(([key, value]) => found.configs[key] !== value),
    );
    const reset = Object.keys(found.configs).filter((key) => configs[key] === undefined);
    if (Object.keys(set).length + reset.length > 0) changes.push({ kind: 'configure', name, set, reset });
  }
  return changes;
}
