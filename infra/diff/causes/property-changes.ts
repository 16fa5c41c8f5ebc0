import { z } from 'zod';
import { environment } from '../../environments/environment.ts';
import { chosenBy } from '../../environments/read-environment.ts';
import { canonicalText, isMap, valueOf, type Path, type Tree, type TreeMap } from '../tree.ts';

/** One changed property of an environment; `before` is missing if it is new, `after` if it was removed. */
export interface PropertyChange {
  readonly path: Path;
  readonly before?: Tree;
  readonly after?: Tree;
  /** Its path in the base's type of environment. */
  readonly movedFrom?: Path;
}

/**
 * The properties with different values in two environments, in the order of the second. A list is one value. So is an
 * object with another discriminator (`exposure.kind`), since its properties cannot be compared one by one.
 */
export function compareEnvironments(before: Tree, after: Tree): readonly PropertyChange[] {
  return comparePlaces(before, after, [], environment);
}

function comparePlaces(before: Tree, after: Tree, path: Path, schema: unknown): readonly PropertyChange[] {
  if (canonicalText(before) === canonicalText(after)) return [];
  if (!isMap(before) || !isMap(after) || chosenBy(schema, before) !== chosenBy(schema, after)) {
    return [{ path, before, after }];
  }
  return [...new Set([...Object.keys(after), ...Object.keys(before)])].flatMap((key) => {
    const [old, young] = [valueOf(before, key), valueOf(after, key)];
    const inner = [...path, key];
    if (old !== undefined && young !== undefined)
      return comparePlaces(old, young, inner, innerSchema(schema, key, after));
    if (young !== undefined) return [{ path: inner, after: young }];
    return old === undefined ? [] : [{ path: inner, before: old }];
  });
}

function innerSchema(schema: unknown, key: string, value: TreeMap): unknown {
  const chosen = chosenBy(schema, value);
  if (chosen instanceof z.ZodObject) return Reflect.get(chosen.shape, key);
  return chosen instanceof z.ZodRecord ? chosen.valueType : undefined;
}

/** Applies some property changes to a value; creates missing maps on the way. */
export function applyProperties(value: Tree, changes: readonly PropertyChange[]): Tree {
  return changes.reduce((result, { path, after, movedFrom }) => {
    const rest = movedFrom === undefined ? result : withValue(result, movedFrom, undefined);
    return withValue(rest, path, after);
  }, value);
}

/** Returns the tree with another value at a path; `undefined` removes the property. */
export function withValue(tree: Tree, [key, ...rest]: Path, value: Tree | undefined): Tree {
  if (key === undefined) return value ?? null;
  const map = isMap(tree) ? tree : {};
  const inner =
    rest.length === 0
      ? value
      : value === undefined && valueOf(map, key) === undefined
        ? undefined
        : withValue(valueOf(map, key) ?? {}, rest, value);
  if (inner === undefined) return Object.fromEntries(Object.entries(map).filter(([other]) => other !== key));
  return { ...map, [key]: inner };
}
