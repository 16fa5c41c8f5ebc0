import { createHash } from 'node:crypto';
import { readConfigText } from './config-text.ts';
import { DEFAULTS } from './defaults.ts';
import { LIST_KEYS, ORDERED, SETS } from './list-keys.ts';
import type { ManifestObject } from './objects.ts';
import { placeFinder } from './path-pattern.ts';
import { canonicalQuantity } from './quantity.ts';
import { QUANTITY_FIELDS } from './quantity-fields.ts';
import { canonicalText, isMap, ORDER, type Path, type Tree, type TreeMap, valueAt } from './tree.ts';

/** A text that is compared by its parsed content. */
export interface ReadText {
  readonly path: Path;
  readonly text: string;
}

interface Normalized {
  readonly tree: TreeMap;
  readonly texts: readonly ReadText[];
}

/** Caches per object: objects are immutable, and each is read many times. */
const normalized = new WeakMap<ManifestObject, Normalized>();

/** Normalizes an object for the comparison: differences without effect on readers and controllers disappear. */
export function normalize(object: ManifestObject): TreeMap {
  return normalizedOf(object).tree;
}

/** Returns the texts that {@link normalize} parses. Two texts with the same content may differ in form. */
export function readTexts(object: ManifestObject): readonly ReadText[] {
  return normalizedOf(object).texts;
}

function normalizedOf(object: ManifestObject): Normalized {
  const known = normalized.get(object) ?? normalizeObject(object);
  normalized.set(object, known);
  return known;
}

function normalizeObject(object: ManifestObject): Normalized {
  const { apiVersion, kind, ...rest } = object;
  const texts: ReadText[] = [];
  const tree = normalizeValue(rest as unknown as Tree, [], { ...fieldsOf(kind), texts });
  return { tree: { apiVersion, kind, ...(isMap(tree) && tree) }, texts };
}

interface Context extends Fields {
  readonly texts: ReadText[];
}

/** The known fields of a kind. */
interface Fields {
  readonly kind: string;
  readonly findDefault: (path: Path) => (typeof DEFAULTS)[number] | undefined;
  readonly findQuantity: (path: Path) => (typeof QUANTITY_FIELDS)[number] | undefined;
  readonly findOrdered: (path: Path) => (typeof ORDERED)[number] | undefined;
}

const fields = new Map<string, Fields>();

function fieldsOf(kind: string): Fields {
  const known = fields.get(kind) ?? {
    kind,
    findDefault: placeFinder(DEFAULTS, kind),
    findQuantity: placeFinder(QUANTITY_FIELDS, kind),
    findOrdered: placeFinder(ORDERED, kind),
  };
  fields.set(kind, known);
  return known;
}

function normalizeValue(value: Tree, path: Path, context: Context): Tree {
  const name = path.at(-1) ?? '';
  if (Array.isArray(value)) return normalizeList(value as readonly Tree[], name, path, context);
  if (isMap(value)) {
    if (context.kind === 'ConfigMap' && path.length === 1 && name === 'data')
      return readFiles(value, context);
    return normalizeMap(value, path, context);
  }
  if (typeof value === 'string' && isTopics(path, context)) return readTopics(value, path, context);
  if (typeof value === 'string' || typeof value === 'number') {
    const quantity = context.findQuantity(path);
    if (quantity !== undefined) return canonicalQuantity(value, quantity.as);
  }
  return value;
}

function normalizeMap(map: TreeMap, path: Path, context: Context): TreeMap {
  const pairs = Object.entries(map)
    .map(([key, value]): [string, Tree] => [key, normalizeValue(value, [...path, key], context)])
    .filter(([key, value]) => value !== null && !isDefault([...path, key], value, map, context));
  return Object.fromEntries(pairs);
}

function isDefault(path: Path, value: Tree, holder: TreeMap, { findDefault }: Context): boolean {
  const known = findDefault(path);
  if (known === undefined) return false;
  const filled = typeof known.value === 'function' ? known.value(holder) : known.value;
  return canonicalText(filled) === canonicalText(value);
}

function normalizeList(list: readonly Tree[], name: string, path: Path, context: Context): Tree {
  const isOrdered = name !== 'TOPICS' && context.findOrdered(path) !== undefined;
  const keys = keysOf(list, name);
  if (keys !== undefined) {
    const pairs = list.map((element, index): [string, Tree] => {
      const key = keys[index] ?? '';
      return [key, normalizeValue(element, [...path, key], context)];
    });
    const hasOrder = isOrdered && keys.length > 1;
    return { ...Object.fromEntries(pairs), ...(hasOrder && { [ORDER]: keys.map(withoutBrackets) }) };
  }
  const elements = list.map((element) => normalizeValue(element, [...path, '*'], context));
  if (isOrdered || !SETS.includes(name)) return elements;
  return Object.fromEntries(elements.map((element) => [elementKey(element), element]));
}

function withoutBrackets(key: string): string {
  return key.slice(1, -1);
}

/** An element of a set is its own key; an element that is not a text has a hash as its key. */
function elementKey(element: Tree): string {
  if (typeof element === 'string') return `[${element}]`;
  return `[#${createHash('sha256').update(canonicalText(element)).digest('hex').slice(0, 8)}]`;
}

/** Restores the form of the manifest: the elements of a list are in a list again. */
export function denormalize(value: Tree, name: string | undefined): Tree {
  if (!isMap(value)) return value;
  const elements = Object.entries(value).filter(([key]) => key !== ORDER);
  const isList = name !== undefined && (name in LIST_KEYS || SETS.includes(name));
  if (isList && elements.every(([key]) => key.startsWith('['))) {
    return elements.map(([, element]) => denormalize(element, undefined));
  }
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, denormalize(inner, key)]));
}

/** Returns one key per element, or undefined if the list has no keys or two elements have the same key. */
function keysOf(list: readonly Tree[], name: string): readonly string[] | undefined {
  const candidates = Object.hasOwn(LIST_KEYS, name) ? (LIST_KEYS[name] ?? []) : [];
  if (list.length === 0 || candidates.length === 0) return undefined;
  const keys = list.map((element) => {
    const fields = candidates.find(([first = '']) => valueAt(element, first.split('.')) !== undefined);
    if (fields === undefined) return undefined;
    const words = fields.map((field) => wordOf(valueAt(element, field.split('.'))));
    return `[${words.filter((word) => word !== '' && word !== 'TCP').join('/')}]`;
  });
  const isTold = keys.every((key) => key !== undefined) && new Set(keys).size === keys.length;
  return isTold ? keys : undefined;
}

function wordOf(value: Tree | undefined): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function readFiles(data: TreeMap, context: Context): TreeMap {
  const files = Object.entries(data).map(([name, text]): [string, Tree] => {
    if (typeof text !== 'string') return [`[${name}]`, text];
    const path = ['data', `[${name}]`];
    context.texts.push({ path, text });
    const value = readConfigText(name, text);
    return [`[${name}]`, isDashboard(name, value) ? normalizeValue(value, path, context) : value];
  });
  return Object.fromEntries(files);
}

/** Whether it is a Grafana dashboard. Grafana places panels by their position, not by their order in the list. */
function isDashboard(name: string, value: Tree): boolean {
  return name.endsWith('.json') && isMap(value) && Array.isArray(value['panels']);
}

/** Whether it is the topic list of the Job. In a pod template of a controller every character of a variable matters. */
function isTopics(path: Path, { kind }: Context): boolean {
  return kind === 'Job' && path.at(-1) === 'value' && path.at(-2) === '[TOPICS]';
}

function readTopics(text: string, path: Path, context: Context): Tree {
  context.texts.push({ path, text });
  const topics = readConfigText('topics.json', text);
  return Array.isArray(topics) ? normalizeList(topics as readonly Tree[], 'TOPICS', path, context) : topics;
}
