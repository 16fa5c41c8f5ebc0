import { readKafkaConnection, type KafkaConnection, type KafkaVariables } from '../service/kafka.ts';
import { logLevels, type LogLevel } from '../service/log.ts';
import { Variables, type Environment } from '../service/variables.ts';
import { topicsSchema, type Topic } from './topic.ts';

/** The environment variables of the topics program. */
export interface TopicsVariables extends KafkaVariables {
  /**
   * JSON: a list of `{name, partitions?, replicationFactor?, configs?}`, and of `{name, state: "absent"}` for a topic
   * that shall be deleted with its records.
   */
  readonly TOPICS: string;
  /** How long to wait for Kafka, and for enough brokers. @default "120000" */
  readonly DEADLINE_MS?: string;
  /** silent, fatal, error, warn, info, debug or trace. @default "info" */
  readonly LOG_LEVEL?: LogLevel;
}

export interface TopicsConfig {
  readonly kafka: KafkaConnection;
  readonly topics: readonly Topic[];
  readonly deadlineMs: number;
  readonly logLevel: LogLevel;
}

/** @throws {VariablesError} naming every bad variable */
export function readConfig(environment: Environment): TopicsConfig {
  const variables = new Variables<keyof TopicsVariables>(environment);
  const config = {
    kafka: readKafkaConnection(variables),
    topics: readTopics(variables),
    deadlineMs: variables.integer('DEADLINE_MS', { default: 120_000, min: 1_000, max: 3_600_000 }),
    logLevel: variables.choice('LOG_LEVEL', logLevels, 'info'),
  };
  variables.check();
  return config;
}

function readTopics(variables: Variables<keyof TopicsVariables>): Topic[] {
  const text = variables.text('TOPICS', { allowed: 'a JSON list of topics' });
  if (text === '') return [];
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    variables.problem(`TOPICS must be a JSON list of topics: ${(error as SyntaxError).message}`);
    return [];
  }
  const { data = [], error } = topicsSchema.safeParse(json);
  for (const { path, message } of error?.issues ?? []) {
    const place = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
    const value = path.reduce<unknown>((part, key) => (part as Record<PropertyKey, unknown>)[key], json);
    variables.problem(`TOPICS${place}: ${message}, got ${JSON.stringify(value)}`);
  }
  return data;
}
