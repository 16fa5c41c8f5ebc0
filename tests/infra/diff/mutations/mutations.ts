import type { Chance } from '../../../apps/producer/chance.ts';

/** One change of a plain value of JSON. */
export interface Mutation {
  /** `spec.template.spec.containers.0.env: swap 0 and 1` */
  readonly text: string;
  /** @returns the value with the change; the value itself stays as it is */
  readonly apply: (root: unknown) => unknown;
}

type Path = readonly string[];
type Edit = (value: unknown) => unknown;

/** Every single change below a place: each leaf, each key and element, and the order of each two neighbours. */
export function mutationsOf(root: unknown, path: Path): readonly Mutation[] {
  return below(
    path.reduce<unknown>((held, key) => childOf(held, key), root),
    path,
  );
}

/** One to three of the changes by chance, each made to what the ones before it left. */
export function mutateByChance<Root>(
  root: Root,
  path: Path,
  chance: Chance,
): readonly [Root, readonly string[]] {
  let mutated = root;
  const texts: string[] = [];
  for (let left = 1 + chance.below(3); left > 0; left -= 1) {
    const mutation = chance.pick(mutationsOf(mutated, path));
    mutated = mutation.apply(mutated) as Root;
    texts.push(mutation.text);
  }
  return [mutated, texts];
}

function below(value: unknown, path: Path): readonly Mutation[] {
  if (Array.isArray(value)) return [...listMutations(value, path), ...insideOf(value, path)];
  if (typeof value === 'object' && value !== null)
    return [...mapMutations(value, path), ...insideOf(value, path)];
  return [mutation(path, `another value than ${JSON.stringify(value)}`, anotherThan)];
}

function insideOf(value: object, path: Path): readonly Mutation[] {
  return Object.entries(value).flatMap(([key, inner]) => below(inner, [...path, key]));
}

/** Neighbours that differ change places; each element goes, and stands twice. */
function listMutations(list: readonly unknown[], path: Path): readonly Mutation[] {
  return list.flatMap((element, at) => {
    const next = list[at + 1];
    const swapped = list.toSpliced(at, 2, next, element);
    const isOther = at + 1 < list.length && JSON.stringify(element) !== JSON.stringify(next);
    return [
      ...(isOther ? [mutation(path, `swap ${at} and ${at + 1}`, () => swapped)] : []),
      mutation([...path, String(at)], 'remove', () => undefined),
      mutation(path, `double ${at}`, () => list.toSpliced(at, 0, element)),
    ];
  });
}

function mapMutations(map: object, path: Path): readonly Mutation[] {
  return [
    ...Object.keys(map).map((key) => mutation([...path, key], 'remove', () => undefined)),
    mutation([...path, 'added'], 'add', () => 'x'),
  ];
}

/** A number that is one more, also within a text such as `256Mi`; else a longer text. */
function anotherThan(value: unknown): unknown {
  if (typeof value === 'number') return value + 1;
  if (typeof value === 'boolean') return !value;
  const text = String(value);
  return /^\d{1,9}[A-Za-z]{0,2}$/.test(text)
    ? text.replace(/^\d+/, (digits) => `${Number(digits) + 1}`)
    : `${text}x`;
}

function mutation(path: Path, text: string, edit: Edit): Mutation {
  return { text: `${path.join('.')}: ${text}`, apply: (root) => edited(root, path, edit) };
}

/** The value with what is at the path edited; what becomes `undefined` is gone. */
export function edited(value: unknown, [key, ...rest]: Path, edit: Edit): unknown {
  if (key === undefined) return edit(value);
  const inner = edited(childOf(value, key), rest, edit);
  if (Array.isArray(value)) {
    return inner === undefined ? value.toSpliced(Number(key), 1) : value.with(Number(key), inner);
  }
  const pairs = Object.entries({ ...(value as object), [key]: inner });
  return Object.fromEntries(pairs.filter(([, held]) => held !== undefined));
}

function childOf(value: unknown, key: string): unknown {
  return (value as Readonly<Record<string, unknown>> | undefined)?.[key];
}
