import { z } from 'zod';
import { dnsLabel, secretName } from './names.ts';
import { byteLimit, period } from './quantities.ts';

/** Key of a source's Secret, and the name of its file. */
export const KEYS_FILE = 'keys';

const rate = z.int().min(1);

/** Rates over all producers, of which each has an equal share: see docs/sources.md. */
const limits = z
  .strictObject({
    /** Requests a second, whatever they contain. @default no limit */
    requestsPerSecond: rate.optional(),
    /** Uploads, and lines of batches, a second. @default no limit */
    eventsPerSecond: rate.optional(),
    /** Bytes of events a second. @default no limit */
    bytesPerSecond: byteLimit.optional(),
    /** As much of each rate as this time makes may come at once. */
    burst: period,
  })
  .refine(
    ({ requestsPerSecond, eventsPerSecond, bytesPerSecond }) =>
      (requestsPerSecond ?? eventsPerSecond ?? bytesPerSecond) !== undefined,
    { error: 'at least one of requestsPerSecond, eventsPerSecond and bytesPerSecond' },
  );
export type SourceLimits = z.infer<typeof limits>;

/** Who may send events under a name, and how much. */
const source = z.discriminatedUnion('who', [
  z.strictObject({
    who: z.literal('keys'),
    /** Secret with `keys`: the hashes of the valid keys. It may change in place, without a restart. */
    secret: secretName,
    /** Shared by all keys. @default no limit */
    limits: limits.optional(),
    /** Of each key by itself. @default no limit */
    limitsPerKey: limits.optional(),
  }),
  z.strictObject({
    who: z.literal('open'),
    /** Why anybody who reaches the producer may send; in its log. */
    reason: z.string().min(1),
    /** Shared by everybody. @default no limit */
    limits: limits.optional(),
  }),
]);

/** Sources by name. A request without a key belongs to the open one. */
export const sources = z
  .record(dnsLabel, source)
  .refine((all) => Object.keys(all).length > 0, { error: 'at least one source' })
  .refine((all) => Object.values(all).filter(({ who }) => who === 'open').length <= 1, {
    error: 'sources of which at most one is open: a request without a key would belong to none',
  })
  .refine(
    (all) => {
      const secrets = Object.values(all).flatMap((one) => (one.who === 'keys' ? [one.secret] : []));
      return new Set(secrets).size === secrets.length;
    },
    { error: 'sources with a Secret each: a key belongs to one source' },
  );
export type Sources = z.infer<typeof sources>;
