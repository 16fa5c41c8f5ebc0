import type { Consequence } from '../../../../infra/diff/consequences.ts';
import type { Environment } from '../../../../infra/environments/environment.ts';

/** Something that people do to this repository, and what it does to the platform. */
export interface RealChange {
  readonly what: string;
  readonly environment: Environment['name'];
  /** Where it is done: paths in the environment, or a file with a text in it and what replaces the text. */
  readonly edit:
    | { readonly values: Readonly<Record<string, unknown>> }
    | { readonly file: string; readonly from: string; readonly to: string };
  readonly consequence: Consequence;
  /** The change of the report that shows it. */
  readonly object: string;
  readonly path: string;
  /** What a real API server with its controllers did when it was applied; left out where it was not. */
  readonly evidence?: string;
}
