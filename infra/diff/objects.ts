import { parseAllDocuments } from 'yaml';
import { valueOfDocument } from './exact-numbers.ts';
import type { Tree } from './tree.ts';

/** One object of a manifest. */
export interface ManifestObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly [field: string]: unknown;
}

/** An object on both sides, or on one side if it is new or removed. */
export interface Pair {
  readonly before?: ManifestObject;
  readonly after?: ManifestObject;
}

/** With this share of equal values, a removed and a new object count as one renamed object. */
const RENAMED_SHARE = 0.8;

/** Kinds that an environment has once. Another name is always a rename, even if the content differs too. */
const SINGLE_KINDS: readonly string[] = ['Bucket'];

/** The end of a Job's name: the hash of its template, which changes with the template. */
const CONTENT_HASH = /-[0-9a-f]{8}$/;

/** @throws {Error} if a document is not a Kubernetes object */
export function readObjects(text: string): readonly ManifestObject[] {
  return parseAllDocuments(text)
    .map((document) => valueOfDocument(document, text))
    .filter((value) => value !== null && value !== undefined)
    .map((value): ManifestObject => {
      if (!isManifestObject(value)) {
        throw new Error(
          `a manifest must have apiVersion, kind and metadata.name, got ${JSON.stringify(value)}`,
        );
      }
      return value;
    });
}

function isManifestObject(value: unknown): value is ManifestObject {
  if (typeof value !== 'object' || value === null) return false;
  const { apiVersion, kind, metadata } = value as Record<string, unknown>;
  return (
    typeof apiVersion === 'string' &&
    typeof kind === 'string' &&
    typeof metadata === 'object' &&
    metadata !== null &&
    'name' in metadata
  );
}

/** Returns kind, API group, namespace and name, without the API version: the API server serves an object in several. */
export function identify({ apiVersion, kind, metadata }: ManifestObject): string {
  const group = apiVersion.includes('/') ? apiVersion.replace(/\/.*/, '') : '';
  return [kind, group, metadata.namespace ?? '', stem(kind, metadata.name)].join(' ');
}

/** Returns the name for readers: `StatefulSet headwater/kafka`. */
export function objectText({ kind, metadata: { namespace, name } }: ManifestObject): string {
  return `${kind} ${namespace === undefined ? '' : `${namespace}/`}${stem(kind, name)}`;
}

/** Pairs the objects of two sides by kind, namespace and name, then the others by similarity. */
export function pairObjects(
  before: readonly ManifestObject[],
  after: readonly ManifestObject[],
): readonly Pair[] {
  const old = new Map(before.map((object) => [identify(object), object]));
  const young = new Map(after.map((object) => [identify(object), object]));
  const pairs: Pair[] = [];
  const added: ManifestObject[] = [];
  for (const [key, object] of young) {
    const same = old.get(key);
    if (same === undefined) added.push(object);
    else pairs.push({ before: same, after: object });
    old.delete(key);
  }
  const gone = new Set(old.values());
  for (const object of added) {
    const renamed = findRenamed(object, gone);
    if (renamed !== undefined) gone.delete(renamed);
    pairs.push({ ...(renamed && { before: renamed }), after: object });
  }
  return [...pairs, ...[...gone].map((object) => ({ before: object }))];
}

function findRenamed(object: ManifestObject, gone: ReadonlySet<ManifestObject>): ManifestObject | undefined {
  const candidates = [...gone].filter(
    (other) =>
      identify({ ...other, metadata: { ...other.metadata, name: '' } }) ===
      identify({ ...object, metadata: { ...object.metadata, name: '' } }),
  );
  if (SINGLE_KINDS.includes(object.kind)) return candidates[0];
  const [best] = candidates
    .map((other) => ({ other, share: shareOfEqual(other, object) }))
    .sort((a, b) => b.share - a.share);
  return best !== undefined && best.share >= RENAMED_SHARE ? best.other : undefined;
}

function stem(kind: string, name: string): string {
  return kind === 'Job' ? name.replace(CONTENT_HASH, '') : name;
}

function shareOfEqual(a: ManifestObject, b: ManifestObject): number {
  const [left, right] = [leavesOf(a), leavesOf(b)];
  const common = [...left].filter((leaf) => right.has(leaf)).length;
  const all = left.size + right.size - common;
  // Requires four equal values: two empty ServiceAccounts are not a rename.
  return common < 4 ? 0 : common / all;
}

/** Returns every value with its path, without the metadata: similar objects share their labels. */
function leavesOf(object: ManifestObject): Set<string> {
  const leaves = new Set<string>();
  const walk = (value: Tree, path: string): void => {
    if (typeof value === 'object' && value !== null) {
      for (const [key, inner] of Object.entries(value)) walk(inner, `${path}.${key}`);
    } else {
      leaves.add(`${path}=${String(value)}`);
    }
  };
  for (const [key, value] of Object.entries(object)) {
    if (!['apiVersion', 'kind', 'metadata'].includes(key)) walk(value as Tree, key);
  }
  return leaves;
}
