import type { Consequence } from '../consequences.ts';
import type { ManifestObject, Pair } from '../objects.ts';
import { matchesPath } from '../path-pattern.ts';
import { NANO, readNanos } from '../quantity.ts';
import { isMap, valueAt, type Difference, type Tree } from '../tree.ts';
import type { Restart } from '../restarts.ts';

/** A difference with the context that a rule needs. */
export interface Subject {
  readonly pair: Pair;
  readonly difference: Difference;
  /** The workloads whose pods it replaces. */
  readonly restarts: readonly Restart[];
}

/** A condition of a rule, in addition to kind and path. */
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
  /** Labels of the object. */
  | { readonly labels: Readonly<Record<string, string>> };

/** What Kubernetes, Kafka or ZooKeeper does with one kind of change. */
export interface Rule {
  readonly id: string;
  /** Kinds of objects. @default every kind */
  readonly kinds?: readonly string[];
  /** Pattern as in path-pattern.ts; the empty pattern matches a new or removed object. */
  readonly path: string;
  /** All conditions must hold. @default none */
  readonly when?: readonly Condition[];
  readonly consequence: Consequence;
  /** The effect, as a clause. */
  readonly why: string;
  /** URL or file that documents the effect. */
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

/** Returns the new object, or the old one if it was removed. */
export function objectOf({ before, after }: Pair): ManifestObject {
  const object = after ?? before;
  if (object === undefined) throw new Error('a pair must have an object, got none');
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

/** Returns an amount for comparison; `-1` (Kafka) and `never` are infinite. */
function readAmount(value: Tree | undefined): bigint | number | undefined {
  const nanos = value === 'never' ? -NANO : readNanos(value);
  return nanos === -NANO ? Infinity : nanos;
}

/** Returns the numbers at the start of an image's tag: 3, 9 and 2 for `3.9.2-f7bc`. */
function versionOf(image: Tree | undefined): readonly bigint[] {
  if (typeof image !== 'string') return [];
  const [, text = ''] = /:v?(\d+(?:\.\d+)+)[^/]*$/.exec(image) ?? [];
  return text === '' ? [] : text.split('.').map(BigInt);
}

function isOlder(a: readonly bigint[], b: readonly bigint[]): boolean {
  const index = a.findIndex((part, place) => part !== b[place]);
  return index >= 0 && (a[index] ?? 0n) < (b[index] ?? 0n);
}
