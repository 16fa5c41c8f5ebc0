/**
 * An object in the form for the comparison: lists with keys and texts with properties are maps, other lists are values.
 * An integer that a double cannot hold is a bigint.
 */
export type Tree = string | number | bigint | boolean | null | readonly Tree[] | TreeMap;
export interface TreeMap {
  readonly [key: string]: Tree;
}

/** The path of a value. An element of a keyed list is `[key]`, and so is a file of a ConfigMap. */
export type Path = readonly string[];

/** One difference; `before` is missing if the value is new, `after` if it was removed. */
export interface Difference {
  readonly path: Path;
  readonly before?: Tree;
  readonly after?: Tree;
}

export function isMap(tree: Tree | undefined): tree is TreeMap {
  return typeof tree === 'object' && tree !== null && !Array.isArray(tree);
}

/** The key of a list's order, if its elements have keys and their order matters. */
export const ORDER = '(order)';

/** `spec.template.spec.containers[broker].image`, `spec.template.spec.containers.order` */
export function pathText(path: Path): string {
  return path
    .map((key) => (key === ORDER ? 'order' : key))
    .map((key, index) => (key.startsWith('[') || index === 0 ? key : `.${key}`))
    .join('');
}

/** Returns JSON with sorted keys: it is equal exactly if the values are equal. */
export function canonicalText(tree: Tree): string {
  if (Array.isArray(tree)) return `[${tree.map(canonicalText).join(',')}]`;
  if (!isMap(tree)) return typeof tree === 'bigint' ? String(tree) : JSON.stringify(tree);
  const pairs = Object.entries(tree).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${pairs.map(([key, value]) => `${JSON.stringify(key)}:${canonicalText(value)}`).join(',')}}`;
}

/** Returns a text unchanged, any other value as indented JSON. */
export function prettyText(tree: Tree): string {
  return typeof tree === 'string' ? tree : jsonText(tree, 2);
}

/** Like JSON.stringify, but writes a bigint with all its digits. */
export function jsonText(value: unknown, indent?: number): string {
  const withNumbers = (_: string, held: unknown): unknown =>
    typeof held === 'bigint' ? rawJson(String(held)) : held;
  return JSON.stringify(value, withNumbers, indent);
}

/** TypeScript's library does not declare it yet. */
const { rawJSON: rawJson } = JSON as unknown as { readonly rawJSON: (text: string) => object };

/** Finds every difference between two trees, sorted by key; a new or removed map is one difference. */
export function compareTrees(before: Tree, after: Tree, path: Path = []): readonly Difference[] {
  if (before === after) return [];
  if (!isMap(before) || !isMap(after)) {
    return canonicalText(before) === canonicalText(after) ? [] : [{ path, before, after }];
  }
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].sort().flatMap((key) => {
    const [old, young] = [valueOf(before, key), valueOf(after, key)];
    const inner = [...path, key];
    if (old !== undefined && young !== undefined) return compareTrees(old, young, inner);
    if (young !== undefined) return [{ path: inner, after: young }];
    return old === undefined ? [] : [{ path: inner, before: old }];
  });
}

/**
 * Applies differences to a tree.
 *
 * @throws {Error} if the tree does not have the value `before` of a difference
 */
export function applyDifferences(tree: Tree, differences: readonly Difference[]): Tree {
  return differences.reduce<Tree>((result, { path, ...change }) => {
    if (path.length > 0) return applyAt(result, path, change);
    if (change.after === undefined) throw new Error('the root of a tree cannot be removed');
    return change.after;
  }, tree);
}

function applyAt(tree: Tree, [key = '', ...rest]: Path, change: Omit<Difference, 'path'>): Tree {
  if (!isMap(tree)) throw new Error(`${key} must be in a map, got ${canonicalText(tree)}`);
  const held = valueOf(tree, key);
  if (rest.length > 0) {
    if (held === undefined) throw new Error(`${key} must exist, got nothing`);
    return withKey(tree, key, applyAt(held, rest, change));
  }
  const expected = change.before === undefined ? undefined : canonicalText(change.before);
  const found = held === undefined ? undefined : canonicalText(held);
  if (expected !== found)
    throw new Error(`${key} must be ${expected ?? 'missing'}, got ${found ?? 'nothing'}`);
  return withKey(tree, key, change.after);
}

function withKey(tree: TreeMap, key: string, value: Tree | undefined): TreeMap {
  const others = Object.entries(tree).filter(([other]) => other !== key);
  return Object.fromEntries(value === undefined ? others : [...others, [key, value]]);
}

/** Reads own keys only: a property may be called `constructor`. */
export function valueOf(tree: TreeMap, key: string): Tree | undefined {
  return Object.hasOwn(tree, key) ? tree[key] : undefined;
}

/** Returns the value at a path, if it exists. */
export function valueAt(tree: Tree | undefined, path: Path): Tree | undefined {
  return path.reduce<Tree | undefined>((held, key) => (isMap(held) ? valueOf(held, key) : undefined), tree);
}
