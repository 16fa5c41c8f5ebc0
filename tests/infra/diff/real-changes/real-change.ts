import type { Consequence } from '../../../../infra/diff/consequences.ts';
import type { EnvironmentName } from '../../../../infra/environments/environments.ts';

/** A text of a file of the repository, and what replaces it. */
export interface FileEdit {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** Something that people do to this repository, and what it does to the platform. */
export interface RealChange {
  readonly what: string;
  readonly environment: EnvironmentName;
  /** Where it is done: paths in the environment, or in a file. */
  readonly edit: { readonly values: Readonly<Record<string, unknown>> } | FileEdit;
  readonly consequence: Consequence;
  /** The change of the report that shows it. */
  readonly object: string;
  readonly path: string;
  /** What a real API server with its controllers did when it was applied; left out where it was not. */
  readonly evidence?: string;
}
