import { findDifferences } from '../changes.ts';
import { worstOf, type Consequence } from '../consequences.ts';
import { maskText } from '../mask/mask-text.ts';
import { classify } from '../rules/rules.ts';
import { pathText } from '../tree.ts';
import type { AloneEffect } from './cause.ts';
import type { PropertyChange } from './property-changes.ts';
import type { Variants } from './variants.ts';

/** Longest text of a refusal in a report. */
const MOST_TEXT = 300;

/**
 * Evaluates each property of a cause without the others. Returns undefined if that adds nothing: the cause is one property,
 * which has the same consequence by itself.
 *
 * @param together the worst consequence of the cause's changes; undefined if it has none
 */
export function findAlone(
  variants: Variants,
  set: readonly PropertyChange[],
  together: Consequence | undefined,
): readonly AloneEffect[] | undefined {
  const effects = set.map((property) => aloneEffect(variants, property));
  const isSame = effects.every(
    ({ consequence, refusal }) => refusal === undefined && consequence === together,
  );
  return set.length > 1 || !isSame ? effects : undefined;
}

function aloneEffect(variants: Variants, property: PropertyChange): AloneEffect {
  const path = pathText(property.path);
  const { refusal } = variants.with([property]);
  if (refusal !== undefined) return { path, refusal: refusalText(refusal) };
  const findings = findDifferences(variants.objectsWith([]), variants.objectsWith([property]));
  if (findings.length === 0) return { path };
  return { path, consequence: worstOf(findings.map((finding) => classify(finding).consequence)) };
}

/** Returns the reasons on one line, without the heading of a refusal with several reasons. */
function refusalText(text: string): string {
  const lines = text.split('\n').map((line) => line.replace(/^- /, ''));
  const reasons = lines.length > 1 ? lines.slice(1) : lines;
  return maskText(reasons.join('; ')).slice(0, MOST_TEXT);
}
