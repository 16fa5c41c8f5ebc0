/**
 * Finds a minimal sufficient set by QuickXplain: it bisects, so that few relevant elements among many need few queries.
 *
 * @param isEnough whether a set is sufficient; called with growing subsets of `all`, which is sufficient itself
 * @see https://cdn.aaai.org/AAAI/2004/AAAI04-027.pdf Junker, QuickXplain
 */
export function smallestSet<Element>(
  all: readonly Element[],
  isEnough: (set: readonly Element[]) => boolean,
): readonly Element[] {
  if (isEnough([])) return [];
  return searchHalves([], false, all, isEnough);
}

function searchHalves<Element>(
  kept: readonly Element[],
  hasGrown: boolean,
  candidates: readonly Element[],
  isEnough: (set: readonly Element[]) => boolean,
): readonly Element[] {
  if (hasGrown && isEnough(kept)) return [];
  if (candidates.length <= 1) return candidates;
  const middle = Math.ceil(candidates.length / 2);
  const [first, second] = [candidates.slice(0, middle), candidates.slice(middle)];
  const ofSecond = searchHalves([...kept, ...first], true, second, isEnough);
  const ofFirst = searchHalves([...kept, ...ofSecond], ofSecond.length > 0, first, isEnough);
  return [...ofFirst, ...ofSecond];
}
