import { findDifferences } from '../changes.ts';
import { worstOf, type Consequence } from '../consequences.ts';
import { maskText } from '../mask/mask-text.ts';
import { classify } from '../rules/rules.ts';
import { pathText } from '../tree.ts';
import type { AloneEffect } from './cause.ts';
import type { PropertyChange } from './property-changes.ts';
import type { Variants } from './variants.ts';

/** Of what a refusal says. */
const MOST_TEXT = 300;

/**
 * What each of the properties does by itself, where that is not what is told of them: several that give a change together, one
 * whose own changes others hide or make worse.
 *
 * @param together the worst that is told of them; undefined where no change is
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

/** The reasons on one line, without the heading that a refusal of several has. */
function refusalText(text: string): string {
  const lines = text.split('\n').map((line) => line.replace(/^- /, ''));
  const reasons = lines.length > 1 ? lines.slice(1) : lines;
  return maskText(reasons.join('; ')).slice(0, MOST_TEXT);
}
