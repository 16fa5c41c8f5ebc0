import type { Path } from './tree.ts';

/** A place in the objects of some kinds. */
export interface Place {
  /** @default every kind */
  readonly kinds?: readonly string[];
  /** A pattern of `matchesPath`. */
  readonly path: string;
}

/**
 * Whether a path is of a pattern: keys between spaces, since keys contain points. `*` is any one key, `**` any number
 * of them; `a|b` is either, and `*` within a key is any text.
 */
export function matchesPath(pattern: string, path: Path): boolean {
  return matches(pattern === '' ? [] : pattern.split(' '), path);
}

/** Looks up which of the places, if any, a path of an object of the kind is at; many paths are asked for. */
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

/** The keys that the words behind the last `**` allow, from the last one on; undefined where they allow any. */
type Ending = readonly (readonly string[] | undefined)[];

function endingOf(words: readonly string[]): Ending {
  const behind = words.slice(words.lastIndexOf('**') + 1).reverse();
  return behind.map((word) => (word.includes('*') ? undefined : word.split('|')));
}

/** Asked first, since it is cheaper than the whole pattern. */
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
