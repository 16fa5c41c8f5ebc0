import type { Path } from './tree.ts';

/** Paths in the objects of some kinds. */
export interface Place {
  /** @default every kind */
  readonly kinds?: readonly string[];
  /** A pattern of `matchesPath`. */
  readonly path: string;
}

/**
 * Whether a path matches a pattern. Spaces separate its keys, since keys contain points. `*` matches one key, `**` any
 * number of keys, `a|b` either key, and `*` within a key any text.
 */
export function matchesPath(pattern: string, path: Path): boolean {
  return matches(pattern === '' ? [] : pattern.split(' '), path);
}

/** Returns a function that finds the first place that matches a path of the kind. Prepared once, for many paths. */
export function placeFinder<P extends Place>(
  places: readonly P[],
  kind: string,
): (path: Path) => P | undefined {
  const own = places
    .filter(({ kinds }) => kinds === undefined || kinds.includes(kind))
    .map((place) => {
      const words = place.path.split(' ');
      return { place, words, ending: endingOf(words) };
    });
  return (path) => own.find(({ words, ending }) => endsIn(ending, path) && matches(words, path))?.place;
}

/** The allowed keys at the end of a path, last key first; undefined allows any key. */
type Ending = readonly (readonly string[] | undefined)[];

function endingOf(words: readonly string[]): Ending {
  const behind = words.slice(words.lastIndexOf('**') + 1).reverse();
  return behind.map((word) => (word.includes('*') ? undefined : word.split('|')));
}

/** Cheaper than the whole pattern, and rules out most paths. */
function endsIn(ending: Ending, path: Path): boolean {
  return ending.every(
    (keys, index) => keys === undefined || keys.includes(path[path.length - 1 - index] ?? ''),
  );
}

function matches([head, ...rest]: readonly string[], path: Path): boolean {
  if (head === undefined) return path.length === 0;
  if (head === '**') return rest.length === 0 || path.some((_, index) => matches(rest, path.slice(index)));
  const [key, ...others] = path;
  return key !== undefined && matchesKey(head, key) && matches(rest, others);
}

function matchesKey(pattern: string, key: string): boolean {
  return pattern.split('|').some((choice) => {
    if (!choice.includes('*')) return choice === key;
    const text = choice.split('*').map((part) => part.replace(/[.[\]()^$+?\\]/g, '\\$&'));
    return new RegExp(`^${text.join('.*')}$`, 's').test(key);
  });
}
