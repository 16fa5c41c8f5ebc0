import { z } from 'zod';
import { CAUSE_KINDS } from '../causes/cause.ts';
import { COST_KINDS } from '../causes/costs.ts';
import { CONSEQUENCES } from '../consequences.ts';
import { parseJson } from '../exact-numbers.ts';
import type { Report } from '../report.ts';
import { ORDERS } from '../restarts.ts';
import { RULES } from '../rules/rules.ts';
import type { Tree } from '../tree.ts';

/** A name, a path or another short text. */
const text = z.string().max(2_000);
const id = z.string().regex(/^[0-9a-f]{12}$/);
const value = z.custom<Tree>((held) => held !== undefined).optional();
const count = z.number().nonnegative();
const side = z.object({ name: text, commit: text.optional(), dirty: z.boolean().optional() });

const change = z.object({
  id,
  environments: z.array(text).max(100),
  object: text,
  path: text,
  before: value,
  after: value,
  lines: z
    .array(z.object({ number: count, before: z.string().optional(), after: z.string().optional() }))
    .optional(),
  consequence: z.enum(CONSEQUENCES),
  rule: text,
  cause: id.optional(),
  restarts: z.record(
    text,
    z.array(
      z.object({
        workload: text,
        pods: text,
        order: z.enum(ORDERS),
        seconds: z.object({ about: count, atMost: count }),
      }),
    ),
  ),
});

const cause = z.object({
  id,
  kind: z.enum(CAUSE_KINDS),
  properties: z
    .array(z.object({ path: text, before: value, after: value, movedFrom: text.optional() }))
    .max(1_000),
  name: text.optional(),
  environments: z.array(text).max(100),
  effects: z.record(
    text,
    z.object({
      costs: z.array(z.object({ what: z.enum(COST_KINDS), before: count, after: count })).max(100),
      back: z.object({ consequence: z.enum(CONSEQUENCES), rule: text }).optional(),
      alone: z
        .array(
          z.object({ path: text, consequence: z.enum(CONSEQUENCES).optional(), refusal: text.optional() }),
        )
        .max(1_000)
        .optional(),
      lines: z
        .array(z.object({ file: text, line: z.int().min(1) }))
        .max(1_000)
        .optional(),
    }),
  ),
});

const report = z.object({
  base: side,
  head: side,
  environments: z.array(text).max(100),
  changes: z.array(change).max(20_000),
  /** The code of an older branch writes none. */
  causes: z.array(cause).max(20_000).default([]),
  causesError: z.string().optional(),
  baseError: z.string().optional(),
  objects: z.record(text, count),
  approved: z.array(id),
  unusedApprovals: z.array(text).max(1_000),
});

const KNOWN_RULES = new Map(RULES.map((rule) => [rule.id, rule]));

/**
 * Reads a report that a pull request's own code wrote as JSON. The texts of rules come from this code's rules, by name;
 * everything else is untrusted text of the pull request.
 *
 * @throws {Error} if it is not a report
 */
export function readReport(json: string): Report {
  const { changes, ...rest } = report.parse(parseJson(json));
  return {
    ...rest,
    changes: changes.map((one) => {
      const { why = 'a rule of the pull request, which its target does not have', source = '' } =
        KNOWN_RULES.get(one.rule) ?? {};
      return { ...one, why, source };
    }),
  } as Report;
}
