/** Reasons against applying the manifests, and warnings about their use. */
export interface Findings {
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
}
