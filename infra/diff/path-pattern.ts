import type { Path } from './tree.ts';

/**
 * Whether a path is of a pattern: keys between spaces, since keys contain points. `*` is any one key, `**` any number
 * of them; `a|b` is either, and `*` within a key is any text.
 */
export function matchesPath(pattern: string, path: Path): boolean {
  return matches(pattern === '' ? [] : pattern.split(' '), path);
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
