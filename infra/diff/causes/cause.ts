import { createHash } from 'node:crypto';
import { secretName } from '../../environments/names.ts';
import type { Consequence } from '../consequences.ts';
import { maskValue } from '../mask/mask.ts';
import { canonicalText, pathText, type Tree } from '../tree.ts';
import type { Cost } from './costs.ts';
import type { PropertyChange } from './property-changes.ts';
import type { WayBack } from './way-back.ts';

/** A property in a report: secret values are masked. */
export interface CauseProperty {
  /** `kafka.metadata.sessionTimeout`; of an image its repository. */
  readonly path: string;
  readonly before?: Tree;
  readonly after?: Tree;
  /** Where it stood in the base's type of environment. */
  readonly movedFrom?: string;
}

export const CAUSE_KINDS = ['properties', 'type', 'image', 'code', 'environment'] as const;

/**
 * The cause of a number of changes: properties of an environment (the smallest set that causes them), an image, a
 * construct in code, or a new or removed environment. Every change has exactly one cause. A change that only the type
 * of environment requires, such as a renamed property, is also a cause, without changes.
 */
export interface Cause {
  /** Twelve hexadecimal digits. Another value, or another change that comes of it, is another cause: what an approval names. */
  readonly id: string;
  readonly kind: (typeof CAUSE_KINDS)[number];
  readonly properties: readonly CauseProperty[];
  /** Of code the construct that rendered the objects, such as `Kafka`; of an environment what became of it. */
  readonly name?: string;
  readonly environments: readonly string[];
  /** What it comes to beside its changes, by environment. */
  readonly effects: Readonly<Record<string, CauseEffect>>;
}

export interface CauseEffect {
  readonly costs: readonly Cost[];
  /** Of properties that change a manifest. */
  readonly back?: WayBack;
  /** What each property does where nothing else is changed; only where that is not what they do together. */
  readonly alone?: readonly AloneEffect[];
  /** Where it stands in the head's sources, property by property; missing where nobody looked. */
  readonly lines?: readonly SourceLine[];
}

/** What one property does by itself. */
export interface AloneEffect {
  readonly path: string;
  /** The worst of its changes; missing where it changes no manifest. */
  readonly consequence?: Consequence;
  /** Why it does not synthesize. */
  readonly refusal?: string;
}

export interface SourceLine {
  /** From the root of the repository. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

/** A cause in one environment, before its changes are known by their identifiers. */
export type CauseSeed = Pick<Cause, 'kind' | 'properties' | 'name'>;

/** Identity of a cause: equal values in two environments are one cause. */
export function seedKey({ kind, properties, name }: CauseSeed): string {
  return canonicalText([kind, name ?? '', properties.map((property) => canonicalText({ ...property }))]);
}

export function identifyCause(key: string, changeIds: readonly string[]): string {
  const parts = [key, ...[...new Set(changeIds)].sort()];
  return createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 12);
}

export function showProperty({ path, before, after, movedFrom }: PropertyChange): CauseProperty {
  // An environment names Secrets, by names that end in a version, and holds none.
  const mask = (value: Tree): Tree =>
    secretName.safeParse(value).success ? value : maskValue('Environment', path, value);
  return {
    path: pathText(path),
    ...(before !== undefined && { before: mask(before) }),
    ...(after !== undefined && { after: mask(after) }),
    ...(movedFrom !== undefined && { movedFrom: pathText(movedFrom) }),
  };
}
