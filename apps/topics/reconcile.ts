import type { PresentTopic, Topic } from './topic.ts';

/** The current state of a topic. */
export interface FoundTopic {
  readonly partitions: number;
  readonly replicationFactor: number;
  /** Settings of the topic itself, without the defaults of the brokers. */
  readonly configs: Configs;
}

/** One change towards the declaration. */
export type Change =
  | { readonly kind: 'create'; readonly topic: PresentTopic }
  | { readonly kind: 'grow'; readonly name: string; readonly from: number; readonly to: number }
  | {
      readonly kind: 'configure';
      readonly name: string;
      readonly set: Configs;
      /** Settings to reset to the broker's value. */
      readonly reset: readonly string[];
    }
  | { readonly kind: 'delete'; readonly name: string }
  | { readonly kind: 'configure-cluster'; readonly set: Configs };

/** Values by Kafka's names of the settings. */
export type Configs = Readonly<Record<string, string>>;

export interface Plan {
  readonly changes: readonly Change[];
  /** Declared changes that would lose or move records. If there are any, no change may be applied. */
  readonly problems: readonly string[];
}

/** Plans the changes towards the declared topics. Leaves other topics alone. */
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

/** Settings of topics that are not declared, by topic. They were set elsewhere and stay. */
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
 * Plans changes of dynamic values for all brokers, which override the brokers' files. A setting without such a value is
 * left to the files.
 */
export function planClusterChanges(declared: Configs, found: Configs): readonly Change[] {
  const set = Object.fromEntries(
    Object.entries(declared).filter(([key, value]) => key in found && found[key] !== value),
  );
  return Object.keys(set).length > 0 ? [{ kind: 'configure-cluster', set }] : [];
}
