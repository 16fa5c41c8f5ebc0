import { z } from 'zod';

/** Kafka's rule for topic names. */
const name = z
  .string()
  .regex(
    /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/,
    'must be 1 to 249 letters, digits, dots, _ or -, not "." or ".."',
  );

const configValue = z.union([z.string(), z.number(), z.boolean()]).transform(String);

/** Values by Kafka's names of the settings. */
export const configsSchema = z.record(z.string(), configValue, 'a JSON object of settings');

const present = z
  .strictObject({
    name,
    partitions: z.int().min(1).max(100_000).optional(),
    replicationFactor: z.int().min(1).max(100).optional(),
    configs: configsSchema.optional(),
    reset: z.array(z.string()).optional(),
  })
  .refine(({ configs = {}, reset = [] }) => reset.every((setting) => !(setting in configs)), {
    error: 'must not name a setting in both configs and reset',
    path: ['reset'],
  });

const absent = z.strictObject({ name, state: z.literal('absent') });

/** Content of the variable `TOPICS`, as JSON. */
export const topicsSchema = z
  .array(z.union([present, absent]), 'a JSON list of topics')
  .refine((topics) => new Set(topics.map((topic) => topic.name)).size === topics.length, {
    error: 'a list that names each topic once',
  });

/**
 * A topic that must exist. Undeclared properties get the broker's defaults when it is created and are not changed
 * later; settings in `reset` return to the broker's value.
 */
export type PresentTopic = z.output<typeof present>;

/** A topic that must not exist: it is deleted with its records. */
export type AbsentTopic = z.output<typeof absent>;

export type Topic = PresentTopic | AbsentTopic;

/** A topic in JSON, where settings may be numbers and booleans. */
export type TopicDeclaration = z.input<typeof topicsSchema>[number];
