import type { Consequence } from '../consequences.ts';
import type { ManifestObject, Pair } from '../objects.ts';
import { matchesPath } from '../path-pattern.ts';
import { NANO, readNanos } from '../quantity.ts';
import { isMap, valueAt, type Difference, type Tree } from '../tree.ts';
import type { Restart } from '../restarts.ts';

/** A difference, and what must be known of its surroundings to judge it. */
export interface Subject {
  readonly pair: Pair;
  readonly difference: Difference;
  /** Pods that are replaced because of it. */
  readonly restarts: readonly Restart[];
}

/** What must hold of a difference, beside its place. */
export type Condition =
  | 'added'
  | 'removed'
  | 'lowered'
  | 'raised'
  | 'restarts'
  | 'recreates'
  | 'has claims'
  | 'exposes'
  | 'older version'
  | { readonly becomes: readonly Tree[] }
  | { readonly holds: Readonly<Record<string, Tree>> }
  /** Of the object. */
  | { readonly labels: Readonly<Record<string, string>> };

/** One sentence of knowledge about what Kubernetes, Kafka or ZooKeeper does with a change. */
export interface Rule {
  readonly id: string;
  /** Kinds it is about. @default every kind */
  readonly kinds?: readonly string[];
  /** Pattern as in path-pattern.ts; the empty pattern is the object as a whole. */
  readonly path: string;
  /** All of which must hold. @default none */
  readonly when?: readonly Condition[];
  readonly consequence: Consequence;
  /** What happens, as a clause. */
  readonly why: string;
  /** Where it is written down. */
  readonly source: string;
}

export function applies(rule: Rule, subject: Subject): boolean {
  const object = objectOf(subject.pair);
  return (
    (rule.kinds === undefined || rule.kinds.includes(object.kind)) &&
    matchesPath(rule.path, subject.difference.path) &&
    (rule.when ?? []).every((condition) => holds(condition, subject))
  );
}

/** The object as it will be, or as it was where it is gone. */
export function objectOf({ before, after }: Pair): ManifestObject {
  const object = after ?? before;
  if (object === undefined) throw new Error('a pair holds at least one object');
  return object;
}

function holds(condition: Condition, { pair, difference, restarts }: Subject): boolean {
  const { before, after } = difference;
  if (typeof condition === 'object') {
    if ('becomes' in condition) return after !== undefined && condition.becomes.includes(after);
    if ('labels' in condition) return hasLabels(objectOf(pair), condition.labels);
    return Object.entries(condition.holds).every(([key, value]) => isMap(after) && after[key] === value);
  }
  switch (condition) {
    case 'added':
      return before === undefined;
    case 'removed':
      return after === undefined;
    case 'lowered':
      return isLowered(before, after);
    case 'raised':
      return isLowered(after, before);
    case 'restarts':
      return restarts.length > 0;
    case 'recreates':
      return restarts.some(({ order }) => order === 'all at once');
    case 'has claims':
      return Array.isArray(specOf(objectOf(pair))['volumeClaimTemplates']);
    case 'exposes':
      return ['NodePort', 'LoadBalancer'].some((type) =>
        [pair.before, pair.after].some((object) => object !== undefined && specOf(object)['type'] === type),
      );
    case 'older version':
      return isOlder(versionOf(after), versionOf(before));
  }
}

function hasLabels({ metadata }: ManifestObject, labels: Readonly<Record<string, string>>): boolean {
  return Object.entries(labels).every(
    ([name, value]) => valueAt(metadata as unknown as Tree, ['labels', name]) === value,
  );
}

function specOf({ spec }: ManifestObject): Record<string, unknown> {
  return typeof spec === 'object' && spec !== null ? (spec as Record<string, unknown>) : {};
}

function isLowered(before: Tree | undefined, after: Tree | undefined): boolean {
  const [from, to] = [readAmount(before), readAmount(after)];
  return from !== undefined && to !== undefined && to < from;
}

/** An amount to compare by; `-1` (Kafka) and `never` mean without an end. */
function readAmount(value: Tree | undefined): bigint | number | undefined {
  const nanos = value === 'never' ? -NANO : readNanos(value);
  return nanos === -NANO ? Infinity : nanos;
}

/** Numbers of an image's tag up to the first part that is none: `3.9.2-f7bc` is 3, 9, 2. */
function versionOf(image: Tree | undefined): readonly bigint[] {
  if (typeof image !== 'string') return [];
  const [, text = ''] = /:v?(\d+(?:\.\d+)+)[^/]*$/.exec(image) ?? [];
  return text === '' ? [] : text.split('.').map(BigInt);
}

function isOlder(a: readonly bigint[], b: readonly bigint[]): boolean {
  const index = a.findIndex((part, place) => part !== b[place]);
  return index >= 0 && (a[index] ?? 0n) < (b[index] ?? 0n);
}
