/** What stands against applying the manifests, and what only stands against their use. */
export interface Findings {
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
}
