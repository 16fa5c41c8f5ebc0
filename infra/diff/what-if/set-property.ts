import { nearestOf } from '../../environments/nearest-name.ts';
import { withValue } from '../causes/property-changes.ts';
import { isMap, valueAt, type Path, type Tree } from '../tree.ts';

/** A property of an environment, and its other value. */
export interface SetProperty {
  /** `kafka.brokers` */
  readonly property: string;
  /** @default the property is removed */
  readonly value?: Tree;
}

/**
 * Parses `kafka.brokers=5`. The value is JSON if it parses as JSON (`5`, `true`, `["10.9.0.0/16"]`), otherwise text
 * (`200Gi`). An empty value removes the property.
 *
 * @returns undefined if there is no property or no `=`
 */
export function parseSet(text: string): SetProperty | undefined {
  const [, property, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (property === undefined || value === undefined) return undefined;
  return value === '' ? { property } : { property, value: parseValue(value) };
}

function parseValue(text: string): Tree {
  try {
    return JSON.parse(text) as Tree;
  } catch {
    return text;
  }
}

/** Sets the properties in the value of an environment. */
export function setProperties(environment: Tree, sets: readonly SetProperty[]): Tree {
  return sets.reduce((value, set) => withValue(value, pathOf(value, set.property), set.value), environment);
}

/** Splits a property into keys. A key may contain points, as the name of a topic does: the longest existing key wins. */
function pathOf(environment: Tree, property: string): Path {
  const path: string[] = [];
  let rest = property.split('.');
  while (rest.length > 0) {
    const held = valueAt(environment, path);
    const length = rest.findLastIndex(
      (_, index) => isMap(held) && Object.hasOwn(held, keyOf(rest, index + 1)),
    );
    const taken = Math.max(1, length + 1);
    path.push(keyOf(rest, taken));
    rest = rest.slice(taken);
  }
  return path;
}

function keyOf(words: readonly string[], count: number): string {
  return words.slice(0, count).join('.');
}

/** Returns a hint for each property with a missing parent: `topics.evnts does not exist, did you mean events?` */
export function hintsOf(environment: Tree, sets: readonly SetProperty[]): readonly string[] {
  return sets.flatMap(({ property }) => {
    const path = pathOf(environment, property);
    const at = path.findIndex((_, index) => valueAt(environment, path.slice(0, index + 1)) === undefined);
    const held = valueAt(environment, path.slice(0, at));
    const missing = path[at];
    if (missing === undefined || !isMap(held)) return [];
    const nearest = nearestOf(missing, Object.keys(held));
    return nearest === undefined
      ? []
      : [`${path.slice(0, at + 1).join('.')} does not exist, did you mean ${nearest}?`];
  });
}
