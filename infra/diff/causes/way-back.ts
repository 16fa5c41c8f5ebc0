import { findDifferences } from '../changes.ts';
import { CONSEQUENCES, type Consequence } from '../consequences.ts';
import type { ManifestObject } from '../objects.ts';
import { classify } from '../rules/rules.ts';

/** Consequence of reverting the properties. */
export interface WayBack {
  readonly consequence: Consequence;
  /** Rule of the worst change. */
  readonly rule: string;
}

/** Evaluates the changes in the opposite direction: an increase may be harmless where a decrease deletes data. */
export function findWayBack(
  before: readonly ManifestObject[],
  after: readonly ManifestObject[],
): WayBack | undefined {
  const [worst] = findDifferences(after, before)
    .map((finding) => classify(finding))
    .sort((a, b) => CONSEQUENCES.indexOf(a.consequence) - CONSEQUENCES.indexOf(b.consequence));
  return worst && { consequence: worst.consequence, rule: worst.id };
}
