/** Something that one tool says of one object. */
export interface Finding {
  /** `tool:check`, such as `checkov:CKV_K8S_11`. */
  readonly check: string;
  /** `Deployment headwater/producer`. */
  readonly object: string;
  readonly message: string;
}

/** One tool's answer about files of one environment. */
export interface Report {
  /** How many objects or checks the tool has looked at, in its own words. A tool that saw nothing has shown nothing. */
  readonly summary: string;
  readonly findings: readonly Finding[];
}
