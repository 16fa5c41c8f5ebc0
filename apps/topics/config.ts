import { readKafkaConnection, type KafkaConnection, type KafkaVariables } from '../kafka/config.ts';
import { logLevels, type LogLevel } from '../service/log.ts';
import { Variables, type Environment } from '../service/variables.ts';
import type { z } from 'zod';
import type { Configs } from './reconcile.ts';
import { configsSchema, topicsSchema, type Topic } from './topic.ts';

/** The environment variables of the topics program. */
export interface TopicsVariables extends KafkaVariables {
  /**
   * JSON: a list of `{name, partitions?, replicationFactor?, configs?, reset?}`, and of `{name, state: "absent"}` for a
   * topic that shall be deleted with its records. Settings that `reset` names go back to the broker's value; one that
   * neither it nor `configs` names stays as it is.
   */
  readonly TOPICS: string;
  /**
   * JSON: broker settings by name. Where Kafka has a dynamic value of one for all brokers, which hides what their files
   * say, it is made this one. @default "{}"
   */
  readonly CLUSTER_CONFIGS?: string;
  /** How long to wait for Kafka, and for enough brokers. @default "120000" */
  readonly DEADLINE_MS?: string;
  /** silent, fatal, error, warn, info, debug or trace. @default "info" */
  readonly LOG_LEVEL?: LogLevel;
}

export interface TopicsConfig {
  readonly kafka: KafkaConnection;
  readonly topics: readonly Topic[];
  readonly clusterConfigs: Configs;
  readonly deadlineMs: number;
  readonly logLevel: LogLevel;
}

/** @throws {VariablesError} naming every bad variable */
export function readConfig(environment: Environment): TopicsConfig {
  const variables = new Variables<keyof TopicsVariables>(environment);
  const config = {
    kafka: readKafkaConnection(variables),
    topics: readJson(variables, 'TOPICS', topicsSchema, 'a JSON list of topics') ?? [],
    clusterConfigs: readJson(variables, 'CLUSTER_CONFIGS', configsSchema, 'a JSON object of settings') ?? {},
    deadlineMs: variables.integer('DEADLINE_MS', { default: 120_000, min: 1_000, max: 3_600_000 }),
    logLevel: variables.choice('LOG_LEVEL', logLevels, 'info'),
  };
  variables.check();
  return config;
}

function readJson<T>(
  variables: Variables<keyof TopicsVariables>,
  name: 'TOPICS' | 'CLUSTER_CONFIGS',
  schema: z.ZodType<T>,
  allowed: string,
): T | undefined {
  const text = name === 'TOPICS' ? variables.text(name, { allowed }) : variables.optionalText(name);
  if (text === undefined || text === '') return undefined;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    variables.problem(`${name} must be ${allowed}: ${(error as SyntaxError).message}`);
    return undefined;
  }
  const { data, error } = schema.safeParse(json);
  for (const { path, message } of error?.issues ?? []) {
    const place = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
    const value = path.reduce<unknown>((part, key) => (part as Record<PropertyKey, unknown>)[key], json);
    variables.problem(`${name}${place}: ${message}, got ${JSON.stringify(value)}`);
  }
  return data;
}
