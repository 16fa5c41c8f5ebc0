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

/** An object of both sides, or of one where it is new or gone. */
export interface Pair {
  readonly before?: ManifestObject;
  readonly after?: ManifestObject;
}

/** Share of equal values above which a removed and a new object count as one that was renamed. */
const RENAMED_SHARE = 0.8;

/** Kinds of which an environment has one: another name is a rename, whatever is changed beside it. */
const SINGLE_KINDS: readonly string[] = ['Bucket'];

/** How the name of a Job ends: in the hash of its template, so that it changes with every change of it. */
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

/** Kind, namespace and name. The version of the API is no part of it: one object is served in several. */
export function identify({ apiVersion, kind, metadata }: ManifestObject): string {
  const group = apiVersion.includes('/') ? apiVersion.replace(/\/.*/, '') : '';
  return [kind, group, metadata.namespace ?? '', stem(kind, metadata.name)].join(' ');
}

/** What people call it: `StatefulSet headwater/kafka`. */
export function objectText({ kind, metadata: { namespace, name } }: ManifestObject): string {
  return `${kind} ${namespace === undefined ? '' : `${namespace}/`}${stem(kind, name)}`;
}

/** Pairs the objects of two sides by kind, namespace and name; then the rest by similarity. */
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
  // A few equal values prove nothing: two empty ServiceAccounts are not one that was renamed.
  return common < 4 ? 0 : common / all;
}

/** Every value with its path; neither name nor labels, which siblings share. */
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
