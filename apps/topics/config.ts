import { kafkaConnection, kafkaVariables, type KafkaConnection } from '../kafka/config.ts';
import { logLevels, type LogLevel } from '../service/log.ts';
import {
  integer,
  json,
  oneOf,
  readVariables,
  type Environment,
  type VariablesOf,
} from '../service/variables.ts';
import type { Configs } from './reconcile.ts';
import { configsSchema, topicsSchema, type Topic } from './topic.ts';

/** The environment variables of the topics program. */
export const topicsVariables = kafkaVariables.safeExtend({
  /**
   * JSON: a list of `{name, partitions?, replicationFactor?, configs?, reset?}`, or `{name, state: "absent"}` to delete
   * a topic with its records. Settings in `reset` return to the broker's value; settings in neither `configs` nor
   * `reset` stay as they are.
   */
  TOPICS: json('a JSON list of topics', topicsSchema),
  /**
   * JSON: broker settings by name. A dynamic value for all brokers, which overrides the brokers' files, is changed to
   * this one; without such a value nothing is set.
   */
  CLUSTER_CONFIGS: json('a JSON object of settings', configsSchema).default({}),
  /** How long to wait for Kafka and for enough brokers. */
  DEADLINE_MS: integer(1_000, 3_600_000).default(120_000),
  LOG_LEVEL: oneOf(logLevels).default('info'),
});

export type TopicsVariables = VariablesOf<typeof topicsVariables>;

export interface TopicsConfig {
  readonly kafka: KafkaConnection;
  readonly topics: readonly Topic[];
  readonly clusterConfigs: Configs;
  readonly deadlineMs: number;
  readonly logLevel: LogLevel;
}

/** @throws {VariablesError} naming every bad variable */
export function readConfig(environment: Environment): TopicsConfig {
  const variables = readVariables(topicsVariables, environment);
  return {
    kafka: kafkaConnection(variables),
    topics: variables.TOPICS,
    clusterConfigs: variables.CLUSTER_CONFIGS,
    deadlineMs: variables.DEADLINE_MS,
    logLevel: variables.LOG_LEVEL,
  };
}
