import { createHash } from 'node:crypto';
import type { Consequence } from './consequences.ts';
import { changedLines, type ChangedLine } from './lines.ts';
import { maskText } from './mask/mask-text.ts';
import { maskDifference, maskValue } from './mask/mask.ts';
import { denormalize, normalize, readTexts } from './normalize.ts';
import { identify, objectText, pairObjects, type ManifestObject, type Pair } from './objects.ts';
import { CONFIG_HASH, findRestarts, mountsConfigMap, type Restart } from './restarts.ts';
import { objectOf } from './rules/rule.ts';
import { classify } from './rules/rules.ts';
import { canonicalText, compareTrees, ORDER, pathText, valueAt, type Difference, type Tree } from './tree.ts';

/** One difference with its consequence, and all environments that share it. */
export interface Change {
  /** Twelve hexadecimal digits, a hash of the object, the path and both values. An approval names them. */
  readonly id: string;
  readonly environments: readonly string[];
  /** `StatefulSet headwater/kafka` */
  readonly object: string;
  readonly path: string;
  readonly before?: Tree;
  readonly after?: Tree;
  /** The lines that differ, if the value is a text of several lines. */
  readonly lines?: readonly ChangedLine[];
  readonly consequence: Consequence;
  readonly rule: string;
  readonly why: string;
  readonly source: string;
  /** The workloads whose pods the change replaces, by environment. */
  readonly restarts: Readonly<Record<string, readonly Restart[]>>;
  /** Identifier of the cause; missing if nobody asked for causes. */
  readonly cause?: string;
}

/** A difference of two objects, before masking. */
export interface Finding {
  readonly pair: Pair;
  readonly difference: Difference;
  /** The workloads whose pods it replaces. */
  readonly restarts: readonly Restart[];
  /** True if the two texts differ only in form, such as their order or their comments. */
  readonly isSpelling: boolean;
}

/** The objects, by environment. */
export type Manifests = Readonly<Record<string, readonly ManifestObject[]>>;

/** Finds every change between two sides, and merges equal changes of several environments. */
export function findChanges(before: Manifests, after: Manifests): readonly Change[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return mergeChanges(
    names.flatMap((name) =>
      findDifferences(before[name] ?? [], after[name] ?? []).map((finding) => describeChange(name, finding)),
    ),
  );
}

/** Merges changes that are the same in several environments. */
export function mergeChanges(changes: readonly Change[]): readonly Change[] {
  const merged = new Map<string, Change>();
  for (const change of changes) {
    const key = [change.id, change.consequence, change.rule, change.cause].join(' ');
    const known = merged.get(key);
    merged.set(
      key,
      known === undefined
        ? change
        : {
            ...known,
            environments: [...known.environments, ...change.environments],
            restarts: { ...known.restarts, ...change.restarts },
          },
    );
  }
  return [...merged.values()];
}

/** The differences of a pair; a new or removed object is one difference. */
export function differencesOf({ before, after }: Pair): readonly Difference[] {
  if (before !== undefined && after !== undefined) return compareTrees(normalize(before), normalize(after));
  return [
    {
      path: [],
      ...(before && { before: normalize(before) }),
      ...(after && { after: normalize(after) }),
    },
  ];
}

/** Finds every difference of one environment that does not only repeat another one. */
export function findDifferences(
  before: readonly ManifestObject[],
  after: readonly ManifestObject[],
): readonly Finding[] {
  const pairs = pairObjects(before, after);
  const restarts = findRestarts(pairs);
  const rolledByConfigMap = new Map(pairs.map((pair) => [pair, rolledBy(pair, restarts)]));
  return pairs.flatMap((pair) => {
    const spellings = respelled(pair, rolledByConfigMap);
    const differences = [...differencesOf(pair), ...spellings];
    return differences
      .filter((difference) => !isExplained(difference, pair, differences, rolledByConfigMap))
      .map((difference) => ({
        pair,
        difference,
        restarts: restartsOf(pair, difference, restarts, rolledByConfigMap),
        isSpelling: spellings.includes(difference),
      }));
  });
}

/** Finds the workloads whose pods a changed ConfigMap replaces: they mount it, and the hash in their template differs. */
function rolledBy(pair: Pair, restarts: ReadonlyMap<Pair, Restart>): readonly Pair[] {
  const { before, after } = pair;
  if (before === undefined || after?.kind !== 'ConfigMap' || before === after) return [];
  const [old, young] = [before, after].map(({ data }) => canonicalText((data ?? null) as Tree));
  if (old === young) return [];
  return [...restarts.keys()].filter(
    (workload) =>
      workload.after !== undefined &&
      mountsConfigMap(workload.after, after) &&
      differencesOf(workload).some(({ path }) => path.join() === CONFIG_HASH.join()),
  );
}

/** Finds texts that differ only in form. In a ConfigMap they count only if the new hash restarts pods. */
function respelled(pair: Pair, rolledByConfigMap: ReadonlyMap<Pair, readonly Pair[]>): readonly Difference[] {
  const { before, after } = pair;
  if (before === undefined || after === undefined || before === after) return [];
  if (after.kind === 'ConfigMap' && (rolledByConfigMap.get(pair) ?? []).length === 0) return [];
  const old = new Map(readTexts(before).map(({ path, text }) => [path.join('\0'), text]));
  return readTexts(after).flatMap(({ path, text }): Difference[] => {
    const earlier = old.get(path.join('\0'));
    if (earlier === undefined || earlier === text) return [];
    const [was, is] = [before, after].map((object) =>
      canonicalText(valueAt(normalize(object), path) ?? null),
    );
    return was === is ? [{ path, before: earlier, after: text }] : [];
  });
}

function restartsOf(
  pair: Pair,
  { path }: Difference,
  restarts: ReadonlyMap<Pair, Restart>,
  rolledByConfigMap: ReadonlyMap<Pair, readonly Pair[]>,
): readonly Restart[] {
  if (path[0] === 'data') {
    return (rolledByConfigMap.get(pair) ?? []).flatMap((workload) => restarts.get(workload) ?? []);
  }
  const own = restarts.get(pair);
  return own !== undefined && path[0] === 'spec' && path[1] === 'template' ? [own] : [];
}

/**
 * Hides changes that only repeat another one: a config-hash annotation (its ConfigMap is reported), the name of a Job whose hash
 * changed (its template is reported), an order that changes because elements are new or gone (these are reported).
 */
function isExplained(
  { path, ...sides }: Difference,
  pair: Pair,
  differences: readonly Difference[],
  rolledByConfigMap: ReadonlyMap<Pair, readonly Pair[]>,
): boolean {
  if (path.join() === CONFIG_HASH.join())
    return [...rolledByConfigMap.values()].some((rolled) => rolled.includes(pair));
  if (path.at(-1) === ORDER) return !isReordered(sides);
  const isJobName = path.join() === 'metadata,name' && pair.after?.kind === 'Job';
  return isJobName && differences.some((other) => other.path[0] === 'spec');
}

/** Whether the elements that both sides have are in another order. */
function isReordered({ before, after }: Omit<Difference, 'path'>): boolean {
  const [old, young] = [before, after].map((order) =>
    Array.isArray(order) ? (order as readonly Tree[]) : [],
  );
  const common = (list: readonly Tree[] = [], other: readonly Tree[] = []): string =>
    canonicalText(list.filter((key) => other.includes(key)));
  return common(old, young) !== common(young, old);
}

/** Evaluates a difference, and masks its secrets. */
export function describeChange(environment: string, { pair, difference, restarts }: Finding): Change {
  const { id: rule, consequence, why, source } = classify({ pair, difference, restarts });
  const object = objectOf(pair);
  const masked = maskDifference(object.kind, difference);
  const { path } = masked;
  const [before, after] = [masked.before, masked.after].map((value) =>
    value === undefined ? undefined : denormalize(value, path.at(-1)),
  );
  const lines = changedLines(before, after);
  return {
    id: identifyChange(pair, difference),
    environments: [environment],
    object: objectText(object),
    path: maskText(pathText(path)),
    ...(before !== undefined && { before }),
    ...(after !== undefined && { after }),
    ...(lines !== undefined && { lines }),
    consequence,
    rule,
    why,
    source,
    restarts: restarts.length === 0 ? {} : { [environment]: restarts },
  };
}

function identifyChange(pair: Pair, { path, before, after }: Difference): string {
  const object = objectOf(pair);
  // Masked, because a short secret could be guessed from the hash.
  const values = [before, after].map((value) =>
    value === undefined ? '' : canonicalText(maskValue(object.kind, path, value)),
  );
  const parts = [identify(object), pathText(path), ...values];
  return createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 12);
}
