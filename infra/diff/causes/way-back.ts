import { findDifferences } from '../changes.ts';
import { CONSEQUENCES, type Consequence } from '../consequences.ts';
import type { ManifestObject } from '../objects.ts';
import { classify } from '../rules/rules.ts';

/** What it does to give the properties their former values again. */
export interface WayBack {
  readonly consequence: Consequence;
  /** Of the worst change on the way. */
  readonly rule: string;
}

/** Judges the changes in the other direction: raising is harmless where lowering deletes. */
export function findWayBack(
  before: readonly ManifestObject[],
  after: readonly ManifestObject[],
): WayBack | undefined {
  const [worst] = findDifferences(after, before)
    .map((finding) => classify(finding))
    .sort((a, b) => CONSEQUENCES.indexOf(a.consequence) - CONSEQUENCES.indexOf(b.consequence));
  return worst && { consequence: worst.consequence, rule: worst.id };
}
