import { z } from 'zod';
import { readKeys } from './key-file.ts';

const ABOVE_0 = 'must be a number above 0';
const REASON = 'must say why anybody may send';
const amount = z.number(ABOVE_0).positive(ABOVE_0);
const rate = amount.optional();

/** Rates of this process: the environment's, divided by the producers that share them. */
const limits = z
  .strictObject({
    requestsPerSecond: rate,
    eventsPerSecond: rate,
    bytesPerSecond: rate,
    /** As many seconds of each rate may come at once. */
    burstSeconds: amount,
  })
  .refine(
    ({ requestsPerSecond, eventsPerSecond, bytesPerSecond }) =>
      (requestsPerSecond ?? eventsPerSecond ?? bytesPerSecond) !== undefined,
    { error: 'must have at least one of requestsPerSecond, eventsPerSecond and bytesPerSecond' },
  );
export type Limits = z.output<typeof limits>;

const keysFile = z.string().superRefine((path, context) => {
  try {
    readKeys(path);
  } catch (error) {
    context.addIssue(`must be the path of a file of keys, but the file ${(error as Error).message}`);
  }
});

const source = z.discriminatedUnion('who', [
  z.strictObject({
    who: z.literal('keys'),
    /** A file with the hashes of the keys that are valid now. */
    keysFile,
    limits: limits.optional(),
    /** Of each key by itself, besides those of the source. */
    limitsPerKey: limits.optional(),
  }),
  z.strictObject({
    who: z.literal('open'),
    /** Why anybody may send; in the log at start. */
    reason: z.string(REASON).min(1, REASON),
    limits: limits.optional(),
  }),
]);

const NAME = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** Every source by its name. */
export const sources = z
  .record(
    z.string().regex(NAME, 'must be a name of at most 63 of a-z, 0-9 and -, no - at either end'),
    source,
  )
  .refine((all) => Object.keys(all).length > 0, { error: 'an object with at least one source' })
  .refine((all) => Object.values(all).filter(({ who }) => who === 'open').length <= 1, {
    error: 'sources of which at most one is open: a request without a key would belong to none',
  })
  .superRefine((all, context) => {
    const owners = new Map<string, string>();
    for (const [name, settings] of Object.entries(all)) {
      if (settings.who === 'open') continue;
      for (const digest of readKeys(settings.keysFile)) {
        const owner = owners.get(digest) ?? name;
        owners.set(digest, owner);
        if (owner === name) continue;
        const message = `must have keys of its own, but the file has a key of the source ${owner}`;
        context.addIssue({
          code: 'custom',
          path: [name, 'keysFile'],
          message,
          input: settings.keysFile,
        });
        break;
      }
    }
  });
export type SourceSettings = z.output<typeof sources>;
