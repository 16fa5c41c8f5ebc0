import { nearestOf } from '../../environments/nearest-name.ts';
import { attribute, type Attribution } from '../causes/attribute.ts';
import type { Code } from '../causes/checkout-code.ts';
import type { Tree } from '../tree.ts';
import { hintsOf, setProperties, type SetProperty } from './set-property.ts';

export interface Question {
  readonly sets: readonly SetProperty[];
  /** Names; empty for all. */
  readonly environments: readonly string[];
}

/** The changes, and the number of objects, by environment. */
export type WhatIfResult = ReadonlyMap<
  string,
  { readonly attribution: Attribution; readonly objects: number }
>;

/**
 * Compares a checkout's environments with the same environments with other values of some properties.
 *
 * @throws {Error} if an environment or a property does not exist, or the values do not synthesize
 */
export function answerWhatIf(
  values: Readonly<Record<string, Tree>>,
  { sets, environments }: Question,
  code: Code,
): WhatIfResult {
  const known = Object.keys(values);
  for (const name of environments) requireEnvironment(name, known);
  const asked = environments.length === 0 ? known : environments;
  return new Map(
    [...asked].sort().map((environment) => {
      const value = values[environment] ?? null;
      const changed = setProperties(value, sets);
      const before = { value, objects: code.synthesize(value).objects };
      const after = { value: changed, objects: synthesizeSet(environment, value, changed, sets, code) };
      const attribution = attribute({ environment, before, after }, code);
      return [environment, { attribution, objects: after.objects.length }];
    }),
  );
}

/** @throws {Error} with the nearest known name if the name is unknown */
export function requireEnvironment(name: string, known: readonly string[]): void {
  if (known.includes(name)) return;
  const nearest = nearestOf(name, known);
  const meant = nearest === undefined ? '' : `: did you mean ${nearest}?`;
  throw new Error(`--environment must be one of ${known.join(', ')}, got ${name}${meant}`);
}

function synthesizeSet(
  environment: string,
  value: Tree,
  changed: Tree,
  sets: readonly SetProperty[],
  code: Code,
) {
  try {
    return code.synthesize(changed).objects;
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    const hints = said.includes('did you mean') ? [] : hintsOf(value, sets).map((hint) => `- ${hint}`);
    throw new Error([`${environment} does not synthesize with these values: ${said}`, ...hints].join('\n'), {
      cause: error,
    });
  }
}
