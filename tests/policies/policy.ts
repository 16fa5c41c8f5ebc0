import type { Environment } from '../../infra/environments/environment.ts';
import type { EnvironmentName } from '../../infra/environments/environments.ts';
import type { Manifest } from '../infra/manifests.ts';

/** A rule for the objects of an environment, and a change that must break it. */
export interface Policy {
  /** The rule, as a sentence. */
  readonly title: string;
  /** What breaks it, one line for each object. */
  readonly violations: (objects: readonly Manifest[], environment: Environment) => string[];
  /**
   * Changes objects of production so that the rule is broken, in place; throws where there is nothing to change. Proof that
   * the rule can fail.
   */
  readonly mutation: (objects: Manifest[]) => void;
  /** Environment that the mutation needs. @default 'production' */
  readonly mutated?: EnvironmentName;
}

/** The first of its kind that a mutation can change. */
export function first<T>(values: readonly T[], what: string): T {
  const [value] = values;
  if (value === undefined) throw new Error(`no ${what} to change`);
  return value;
}
