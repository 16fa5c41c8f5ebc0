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
  /** `kafka.metadata.sessionTimeout`, or the repository of an image. */
  readonly path: string;
  readonly before?: Tree;
  readonly after?: Tree;
  /** Its path in the base's type of environment. */
  readonly movedFrom?: string;
}

export const CAUSE_KINDS = ['properties', 'type', 'image', 'code', 'environment'] as const;

/**
 * The cause of a number of changes: properties of an environment (the smallest set that causes them), an image, a
 * construct in code, or a new or removed environment. Every change has exactly one cause. A change that only the type
 * of environment requires, such as a renamed property, is also a cause, without changes.
 */
export interface Cause {
  /** Twelve hexadecimal digits, a hash of the properties with their values and of the changes. An approval names them. */
  readonly id: string;
  readonly kind: (typeof CAUSE_KINDS)[number];
  readonly properties: readonly CauseProperty[];
  /** For `code` the construct that rendered the objects, such as `Kafka`; for `environment` either `added` or `removed`. */
  readonly name?: string;
  readonly environments: readonly string[];
  /** Its effects besides the changes, by environment. */
  readonly effects: Readonly<Record<string, CauseEffect>>;
}

export interface CauseEffect {
  readonly costs: readonly Cost[];
  /** Consequence of reverting; only for properties that change a manifest. */
  readonly back?: WayBack;
  /** The effect of each property without the others; missing if it adds nothing. */
  readonly alone?: readonly AloneEffect[];
  /** Lines of the head's sources, property by property; missing if nobody looked. */
  readonly lines?: readonly SourceLine[];
}

/** The effect of one property without the others. */
export interface AloneEffect {
  readonly path: string;
  /** The worst consequence of its changes; missing if it changes no manifest. */
  readonly consequence?: Consequence;
  /** Why the property alone does not synthesize. */
  readonly refusal?: string;
}

export interface SourceLine {
  /** From the root of the repository. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

/** A cause in one environment, before the identifiers of its changes are known. */
export type CauseSeed = Pick<Cause, 'kind' | 'properties' | 'name'>;

/** Returns the key of a cause: equal changes of properties in two environments are one cause. */
export function seedKey({ kind, properties, name }: CauseSeed): string {
  return canonicalText([kind, name ?? '', properties.map((property) => canonicalText({ ...property }))]);
}

export function identifyCause(key: string, changeIds: readonly string[]): string {
  const parts = [key, ...[...new Set(changeIds)].sort()];
  return createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 12);
}

export function showProperty({ path, before, after, movedFrom }: PropertyChange): CauseProperty {
  // Not masked: an environment contains only the names of Secrets, which end in a version.
  const mask = (value: Tree): Tree =>
    secretName.safeParse(value).success ? value : maskValue('Environment', path, value);
  return {
    path: pathText(path),
    ...(before !== undefined && { before: mask(before) }),
    ...(after !== undefined && { after: mask(after) }),
    ...(movedFrom !== undefined && { movedFrom: pathText(movedFrom) }),
  };
}
