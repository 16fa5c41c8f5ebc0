import { toMs, type Period } from '../../environments/quantities.ts';
import type { CauseProperty } from '../causes/cause.ts';
import { readNanos } from '../quantity.ts';
import { canonicalText, isMap, valueAt, type Tree } from '../tree.ts';

/** A condition for the first property of a rule. */
export type SentenceCondition =
  | 'added'
  | 'removed'
  | 'raised'
  | 'lowered'
  /** Values in the new property. */
  | { readonly becomes: Readonly<Record<string, Tree>> };

/** The sentence for a change of properties. */
export interface SentenceRule {
  readonly id: string;
  /** All properties of the cause. `*` matches any name, and `a|b` either name; `{name}` is the matched name. */
  readonly properties: readonly string[];
  /** @default any values */
  readonly when?: SentenceCondition;
  /**
   * The sentence after the names of the environments. `{before}` and `{after}` are the values of the first property,
   * `{after.hosts}` is a value in `after`, and `{2.after}` a value of the second property. Other names are in {@link values}.
   */
  readonly says: string;
  /** Calculates values that the properties do not contain. */
  readonly values?: (properties: readonly CauseProperty[]) => Readonly<Record<string, string>>;
}

/** Text of a sentence, with untrusted values and names of environments in it. */
export type Sentence = readonly (string | { readonly value: string } | { readonly environment: string })[];

/** Returns the sentence of a rule for the properties of a cause, if the rule matches them. */
export function applyRule(rule: SentenceRule, properties: readonly CauseProperty[]): Sentence | undefined {
  if (rule.properties.length !== properties.length) return undefined;
  const matches = rule.properties.map((pattern) => findMatch(pattern, properties));
  const found = matches.flatMap((match) => (match === undefined ? [] : [match]));
  const [first] = found;
  if (first === undefined || found.length < matches.length || !holds(rule.when, first.property))
    return undefined;
  const own = found.map(({ property }) => property);
  const counted = rule.values?.(own) ?? {};
  return fillTemplate(rule.says, (place) => {
    if (place === 'name') return found.flatMap(({ names }) => names)[0] ?? '';
    if (Object.hasOwn(counted, place)) return counted[place] ?? '';
    const [, at = '1', side, rest] = /^(?:(\d)\.)?(before|after)(?:\.(.+))?$/.exec(place) ?? [];
    const property = own[Number(at) - 1];
    if (property === undefined || side === undefined)
      throw new Error(`${rule.id}: says must name a known value, got {${place}}`);
    const value = side === 'before' ? property.before : property.after;
    if (rest === undefined) return valueText(property.path, value);
    return valueText(`${property.path}.${rest}`, valueAt(value, rest.split('.')));
  });
}

interface Match {
  readonly property: CauseProperty;
  /** The matches of `*` and `a|b`. */
  readonly names: readonly string[];
}

function findMatch(pattern: string, properties: readonly CauseProperty[]): Match | undefined {
  const keys = pattern.split('.').map((key) => {
    if (key === '*') return '(.+)';
    return key.includes('|') ? `(${key})` : key;
  });
  const form = new RegExp(`^${keys.join('\\.')}$`);
  for (const property of properties) {
    const match = form.exec(property.path);
    if (match !== null) return { property, names: match.slice(1) };
  }
  return undefined;
}

function holds(when: SentenceCondition | undefined, { before, after }: CauseProperty): boolean {
  if (when === undefined) return true;
  if (typeof when === 'object') {
    return Object.entries(when.becomes).every(([key, value]) => isMap(after) && after[key] === value);
  }
  const [from, to] = [amountOf(before), amountOf(after)];
  switch (when) {
    case 'added':
      return before === undefined;
    case 'removed':
      return after === undefined;
    case 'raised':
      return from !== undefined && to !== undefined && to > from;
    case 'lowered':
      return from !== undefined && to !== undefined && to < from;
  }
}

/** Returns a number, a size or a duration for comparison. */
function amountOf(value: Tree | undefined): bigint | number | undefined {
  if (value === 'never') return Infinity;
  if (typeof value === 'string' && /^\d+(ms|s|m|h|d)$/.test(value)) return toMs(value as Period);
  return readNanos(value);
}

function fillTemplate(template: string, fill: (place: string) => string): Sentence {
  return template
    .split(/(\{[^}]+\})/)
    .filter((part) => part !== '')
    .map((part) => (part.startsWith('{') ? { value: fill(part.slice(1, -1)) } : part));
}

/** Writes a property's value for a reader: `2.5 cores`, `96Gi`, `60 days`, `10.0.0.0/16, 10.9.0.0/16`. */
export function valueText(path: string, value: Tree | undefined): string {
  if (value === undefined) return 'its default';
  if (Array.isArray(value)) {
    return value.length === 0 ? 'none' : value.map((element) => valueText(path, element as Tree)).join(', ');
  }
  if (typeof value === 'number') {
    if (path.endsWith('cpuMillicores')) return value === 1000 ? '1 core' : `${value / 1000} cores`;
    if (path.endsWith('Gi')) return `${value}Gi`;
    if (path.endsWith('Days')) return value === 1 ? '1 day' : `${value} days`;
    if (path.endsWith('Percent')) return `${value} %`;
  }
  if (isMap(value) && typeof value['kind'] === 'string' && Object.keys(value).length === 1)
    return value['kind'];
  return typeof value === 'string' ? value : canonicalText(value);
}
