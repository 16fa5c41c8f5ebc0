import { createHash } from 'node:crypto';
import { readConfigText } from './config-text.ts';
import { DEFAULTS } from './defaults.ts';
import { LIST_KEYS, PORT_KEYS, SETS } from './list-keys.ts';
import type { ManifestObject } from './objects.ts';
import { matchesPath } from './path-pattern.ts';
import { canonicalQuantity } from '../environments/kubernetes-quantity.ts';
import { canonicalText, isMap, type Path, type Tree, type TreeMap, valueAt } from './tree.ts';

/** Parents whose values are quantities. */
const QUANTITIES = ['limits', 'requests', 'hard', 'defaultRequest', 'default', 'max', 'min'];

/** Objects are never changed, and each is looked at by many. */
const normalized = new WeakMap<ManifestObject, TreeMap>();

/** An object as it is compared: what says the same is the same. */
export function normalize(object: ManifestObject): TreeMap {
  const known = normalized.get(object) ?? normalizeObject(object);
  normalized.set(object, known);
  return known;
}

function normalizeObject(object: ManifestObject): TreeMap {
  const { apiVersion, kind, ...rest } = object;
  const defaults = DEFAULTS.filter(({ kinds }) => kinds === undefined || kinds.includes(kind)).map(
    (known) => ({
      ...known,
      // Asked first of every value of every object: cheaper than the whole path.
      keys: known.path.split(' ').at(-1)?.split('|') ?? [],
    }),
  );
  const tree = normalizeValue(rest as unknown as Tree, [], {
    kind,
    isDefault: (path, value) =>
      defaults.some(
        (known) =>
          known.keys.includes(path.at(-1) ?? '') &&
          matchesPath(known.path, path) &&
          canonicalText(known.value) === canonicalText(value),
      ),
  });
  return { apiVersion, kind, ...(isMap(tree) && tree) };
}

interface Context {
  readonly kind: string;
  readonly isDefault: (path: Path, value: Tree) => boolean;
}

function normalizeValue(value: Tree, path: Path, context: Context): Tree {
  const name = path.at(-1) ?? '';
  if (Array.isArray(value)) return normalizeList(value as readonly Tree[], name, path, context);
  if (isMap(value)) {
    if (context.kind === 'ConfigMap' && path.length === 1 && name === 'data') return configFiles(value);
    return normalizeMap(value, path, context);
  }
  if (isQuantity(value, path)) return canonicalQuantity(value);
  if (typeof value === 'string' && name === 'value' && path.at(-2) === '[TOPICS]') {
    const topics = readConfigText('topics.json', value);
    return Array.isArray(topics) ? normalizeList(topics as readonly Tree[], 'TOPICS', path, context) : topics;
  }
  return value;
}

function isQuantity(value: Tree, path: Path): value is string | number {
  if (typeof value !== 'string' && typeof value !== 'number') return false;
  return QUANTITIES.includes(path.at(-2) ?? '') || path.at(-1) === 'sizeLimit';
}

function normalizeMap(map: TreeMap, path: Path, context: Context): TreeMap {
  const pairs = Object.entries(map)
    .map(([key, value]): [string, Tree] => [key, normalizeValue(value, [...path, key], context)])
    .filter(([key, value]) => value !== null && !context.isDefault([...path, key], value));
  return Object.fromEntries(pairs);
}

function normalizeList(list: readonly Tree[], name: string, path: Path, context: Context): Tree {
  const keys = keysOf(list, name);
  if (keys !== undefined) {
    const pairs = list.map((element, index): [string, Tree] => {
      const key = keys[index] ?? '';
      return [key, normalizeValue(element, [...path, key], context)];
    });
    return Object.fromEntries(pairs);
  }
  const elements = list.map((element) => normalizeValue(element, [...path, '*'], context));
  if (!SETS.includes(name)) return elements;
  return Object.fromEntries(elements.map((element) => [elementKey(element), element]));
}

/** An element of a set is its own key; one that is no word is named by its hash. */
function elementKey(element: Tree): string {
  if (typeof element === 'string') return `[${element}]`;
  return `[#${createHash('sha256').update(canonicalText(element)).digest('hex').slice(0, 8)}]`;
}

/** A value as it stands in a manifest again: elements of lists in lists. */
export function denormalize(value: Tree, name: string | undefined): Tree {
  if (!isMap(value)) return value;
  const isList = name !== undefined && (name === 'ports' || name in LIST_KEYS || SETS.includes(name));
  if (isList && Object.keys(value).every((key) => key.startsWith('['))) {
    return Object.values(value).map((element) => denormalize(element, undefined));
  }
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, denormalize(inner, key)]));
}

/** One key for each element, or undefined where the list has no keys or they do not tell its elements apart. */
function keysOf(list: readonly Tree[], name: string): readonly string[] | undefined {
  const candidates = name === 'ports' ? PORT_KEYS : name in LIST_KEYS ? [LIST_KEYS[name] ?? []] : [];
  for (const fields of candidates) {
    const keys = list.map((element) => {
      const [first] = fields;
      if (first === undefined || valueAt(element, first.split('.')) === undefined) return undefined;
      const words = fields.map((field) => valueText(valueAt(element, field.split('.'))));
      return `[${words.filter((word) => word !== '' && word !== 'TCP').join('/')}]`;
    });
    if (list.length > 0 && keys.every((key) => key !== undefined) && new Set(keys).size === keys.length) {
      return keys;
    }
  }
  return undefined;
}

function valueText(value: Tree | undefined): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function configFiles(data: TreeMap): TreeMap {
  return Object.fromEntries(
    Object.entries(data).map(([name, text]) => [
      `[${name}]`,
      typeof text === 'string' ? readConfigText(name, text) : text,
    ]),
  );
}
