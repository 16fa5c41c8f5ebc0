import type { Code } from '../../../../infra/diff/causes/checkout-code.ts';
import {
  applyProperties,
  compareEnvironments,
  type PropertyChange,
} from '../../../../infra/diff/causes/property-changes.ts';
import { isMap, type Path, type Tree } from '../../../../infra/diff/tree.ts';
import { environments, type EnvironmentName } from '../../../../infra/environments/environments.ts';
import { Chance } from '../../../apps/producer/chance.ts';
import { plain } from '../pull-request.ts';

/** Other numbers, sizes and lengths of time for the properties of a value, and what other environments have there. */
export function possibleChanges(name: EnvironmentName): readonly PropertyChange[] {
  const value = plain(environments[name]);
  const others = Object.values(environments).flatMap((other) => compareEnvironments(value, plain(other)));
  return [...leafChanges(value, []), ...others].filter(({ path }) => path[0] !== 'name');
}

function leafChanges(value: Tree, path: Path): readonly PropertyChange[] {
  if (isMap(value))
    return Object.entries(value).flatMap(([key, inner]) => leafChanges(inner, [...path, key]));
  const to = (after: Tree): PropertyChange => ({ path, before: value, after });
  if (typeof value === 'number') return [to(value + 1), to(value * 2)];
  const [, digits, unit] =
    typeof value === 'string' ? (/^(\d+)(Ki|Mi|Gi|ms|s|m|h|d)$/.exec(value) ?? []) : [];
  if (digits === undefined || unit === undefined) return [];
  return [to(`${Number(digits) * 2}${unit}`), to(`${Math.ceil(Number(digits) / 2)}${unit}`)];
}

/** The value of an environment with at most `count` properties changed by chance, which synthesizes. */
export function changeByChance(name: EnvironmentName, count: number, seed: number, code: Code): Tree {
  const chance = new Chance(seed);
  const value = plain(environments[name]);
  const possible = possibleChanges(name);
  let chosen = Array.from({ length: count }, () => chance.pick(possible));
  for (;;) {
    const after = applyProperties(value, chosen);
    try {
      code.synthesize(after);
      return after;
    } catch (error) {
      if (chosen.length === 0) throw error;
      const left = chance.pick(chosen);
      chosen = chosen.filter((other) => other !== left);
    }
  }
}
