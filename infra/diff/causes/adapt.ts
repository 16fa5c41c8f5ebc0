import { canonicalText, pathText, type Tree } from '../tree.ts';
import type { Code } from './checkout-code.ts';
import { applyProperties, compareEnvironments, type PropertyChange } from './property-changes.ts';
import { smallestSet } from './smallest-set.ts';

/** The base's value in the head's type, and its differences from the head's value. */
export interface Adapted {
  readonly start: Tree;
  /** Changes that the head's type requires: properties that were renamed, removed or added. */
  readonly type: readonly PropertyChange[];
  /** Changed values. */
  readonly properties: readonly PropertyChange[];
}

/**
 * Converts the base's value to the head's type of environment with as few of the head's properties as possible. A
 * removed and an added property count as one that was moved, if both hold the same value or the new place accepts the
 * old value.
 */
export function adapt(before: Tree, after: Tree, code: Code): Adapted {
  const all = compareEnvironments(before, after);
  const isRead = (changes: readonly PropertyChange[]): boolean => {
    try {
      code.read(applyProperties(before, changes));
      return true;
    } catch {
      return false;
    }
  };
  if (isRead([])) return { start: before, type: [], properties: all };
  const oneSided = all.filter((change) => change.before === undefined || change.after === undefined);
  const candidates = isRead(oneSided) ? oneSided : all;
  const demanded = smallestSet(candidates, isRead);
  const gone = demanded.filter((change) => change.after === undefined);
  const fresh = demanded.filter((change) => change.before === undefined);
  const moved = fresh.flatMap((change): PropertyChange[] => {
    const from = findMoved(change, gone, (old) =>
      isRead([...demanded.filter((other) => other !== change), { ...change, after: old }]),
    );
    if (from?.before === undefined) return [];
    return [{ path: change.path, before: from.before, after: from.before, movedFrom: from.path }];
  });
  const others = demanded.filter(
    ({ path }) =>
      !moved.some((move) =>
        [move.path, move.movedFrom ?? []].some((own) => pathText(own) === pathText(path)),
      ),
  );
  const type = [...moved, ...others];
  const start = applyProperties(before, type);
  return { start, type, properties: compareEnvironments(start, after) };
}

function findMoved(
  { path, after }: PropertyChange,
  gone: readonly PropertyChange[],
  takes: (value: Tree) => boolean,
): PropertyChange | undefined {
  const holds = ({ before }: PropertyChange): boolean =>
    before !== undefined && after !== undefined && canonicalText(before) === canonicalText(after);
  const isNamedAlike = (old: PropertyChange): boolean =>
    old.path.at(-1) === path.at(-1) || old.path.slice(0, -1).join() === path.slice(0, -1).join();
  const taken = (old: PropertyChange): boolean => old.before !== undefined && takes(old.before);
  return (
    gone.find((old) => holds(old) && isNamedAlike(old)) ??
    gone.find(holds) ??
    gone.find((old) => isNamedAlike(old) && taken(old))
  );
}
