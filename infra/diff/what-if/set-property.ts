import { nearestOf } from '../../environments/nearest-name.ts';
import { withValue } from '../causes/property-changes.ts';
import { isMap, valueAt, type Path, type Tree } from '../tree.ts';

/** A property of an environment, and what it would be. */
export interface SetProperty {
  /** `kafka.brokers` */
  readonly property: string;
  /** @default the property is left out */
  readonly value?: Tree;
}

/**
 * Reads `kafka.brokers=5`. A value is JSON where it can be (`5`, `true`, `["10.9.0.0/16"]`), else the text as it is (`200Gi`); none
 * leaves the property out.
 *
 * @returns undefined where there is no property or no `=`
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

/** The value of an environment with the properties as they are set. */
export function setProperties(environment: Tree, sets: readonly SetProperty[]): Tree {
  return sets.reduce((value, set) => withValue(value, pathOf(value, set.property), set.value), environment);
}

/** Keys may contain points themselves, as names of topics do: the longest that is there is meant. */
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

/** What was probably meant by properties that lie in something that is not there: `topics.evnts, did you mean events?` */
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
      : [`${path.slice(0, at + 1).join('.')} is not there, did you mean ${nearest}?`];
  });
}
