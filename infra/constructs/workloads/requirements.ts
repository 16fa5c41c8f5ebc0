import type { IConstruct } from 'constructs';

/** An invalid value, in the form of every error of this project. */
export interface Violation {
  /** The construct in one lower-case word, such as `kafka`. */
  readonly subject: string;
  readonly property: string;
  readonly value: string | number | boolean;
  /** The allowed values; continues `must be`. */
  readonly allowed: string;
  /** The consequence of the value. @default - the bound explains itself */
  readonly because?: string;
}

/** One line: `kafka: minInSyncReplicas must be below replicationFactor (3), got 3: one broker down stops every write`. */
export function describeViolation({ subject, property, value, allowed, because }: Violation): string {
  const reason = because === undefined ? '' : `: ${because}`;
  return `${subject}: ${property} must be ${allowed}, got ${value}${reason}`;
}

/**
 * Requires a condition of a construct's props. The error is thrown when the app is synthesized: cdk8s validates the
 * whole tree first, so one run reports every error.
 */
export function requireThat(scope: IConstruct, holds: boolean, violation: Violation): void {
  if (holds) return;
  scope.node.addValidation({ validate: () => [describeViolation(violation)] });
}

/** Requires a whole number within limits. */
export function requireInteger(
  scope: IConstruct,
  subject: string,
  property: string,
  value: number,
  { min, max = Number.MAX_SAFE_INTEGER }: { readonly min: number; readonly max?: number },
): void {
  requireThat(scope, Number.isInteger(value) && value >= min && value <= max, {
    subject,
    property,
    value,
    allowed:
      max === Number.MAX_SAFE_INTEGER
        ? `a whole number of at least ${min}`
        : `a whole number from ${min} to ${max}`,
  });
}

/** Requires a name that is a DNS label (RFC 1123). */
export function requireDnsLabel(scope: IConstruct, subject: string, property: string, value: string): void {
  requireThat(scope, /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(value), {
    subject,
    property,
    value,
    allowed: 'a DNS label (RFC 1123): at most 63 of a-z, 0-9 and -, no - at either end',
  });
}

const WARNING = 'headwater:warning';

/** Adds a warning that `synth` prints; it does not stop the synthesis. */
export function addWarning(scope: IConstruct, text: string): void {
  scope.node.addMetadata(WARNING, text);
}

/** Every error in the tree, without duplicates. */
export function readViolations(root: IConstruct): readonly string[] {
  return [...new Set(root.node.findAll().flatMap((construct) => construct.node.validate()))];
}

/** Every warning in the tree. */
export function readWarnings(root: IConstruct): readonly string[] {
  return root.node
    .findAll()
    .flatMap((construct) => construct.node.metadata)
    .filter((entry) => entry.type === WARNING)
    .map((entry) => String(entry.data));
}
