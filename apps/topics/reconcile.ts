import type { PresentTopic, Topic } from './topic.ts';

/** A topic as Kafka has it. */
export interface FoundTopic {
  readonly partitions: number;
  readonly replicationFactor: number;
  /** The topic's own configuration, without what it takes from the brokers. */
  readonly configs: Configs;
}

/** One step towards what is declared. */
export type Change =
  | { readonly kind: 'create'; readonly topic: PresentTopic }
  | { readonly kind: 'grow'; readonly name: string; readonly from: number; readonly to: number }
  | {
      readonly kind: 'configure';
      readonly name: string;
      readonly set: Configs;
      /** Back to the broker's value. */
      readonly reset: readonly string[];
    }
  | { readonly kind: 'delete'; readonly name: string }
  | { readonly kind: 'configure-cluster'; readonly set: Configs };

/** Values by Kafka's own names. */
export type Configs = Readonly<Record<string, string>>;

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
        'this program moves no replicas; docs/kafka.md says what does',
    );
  }
  return problems;
}

function changesOf(topic: PresentTopic, found: FoundTopic): Change[] {
  const { name, partitions, configs = {}, reset = [] } = topic;
  const changes: Change[] = [];
  if (partitions !== undefined && partitions > found.partitions) {
    changes.push({ kind: 'grow', name, from: found.partitions, to: partitions });
  }
  const different = Object.entries(configs).filter(([key, value]) => found.configs[key] !== value);
  const present = reset.filter((key) => key in found.configs);
  if (different.length + present.length > 0) {
    changes.push({ kind: 'configure', name, set: Object.fromEntries(different), reset: present });
  }
  return changes;
}

/** Settings that topics have of their own although nobody declares them, by topic: somebody else set them, and they stay. */
export function findUndeclared(
  declared: readonly Topic[],
  found: ReadonlyMap<string, FoundTopic>,
): ReadonlyMap<string, Configs> {
  const undeclared = declared.map((topic): [string, Configs] => {
    const configs = 'configs' in topic ? (topic.configs ?? {}) : {};
    const own = Object.entries(found.get(topic.name)?.configs ?? {});
    return [topic.name, Object.fromEntries(own.filter(([key]) => !(key in configs)))];
  });
  return new Map(undeclared.filter(([, configs]) => Object.keys(configs).length > 0));
}

/**
 * What to do about dynamic values that hold for all brokers and hide what their files say. One that Kafka does not have is
 * left to the files.
 */
export function planClusterChanges(declared: Configs, found: Configs): readonly Change[] {
  const set = Object.fromEntries(
    Object.entries(declared).filter(([key, value]) => key in found && found[key] !== value),
  );
  return Object.keys(set).length > 0 ? [{ kind: 'configure-cluster', set }] : [];
}
