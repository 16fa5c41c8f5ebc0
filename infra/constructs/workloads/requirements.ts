import type { IConstruct } from 'constructs';

/** What is wrong with a value, in the words of every error of this project. */
export interface Violation {
  /** What the property belongs to: the construct in one lower-case word, such as `kafka`. */
  readonly subject: string;
  readonly property: string;
  readonly value: string | number | boolean;
  /** What would be allowed; reads on after `must be`. */
  readonly allowed: string;
  /** What would happen otherwise. @default - the bound explains itself */
  readonly because?: string;
}

/** One line: `kafka: minInSyncReplicas must be below replicationFactor (3), got 3: one broker down stops every write`. */
export function describeViolation({ subject, property, value, allowed, because }: Violation): string {
  const reason = because === undefined ? '' : `: ${because}`;
  return `${subject}: ${property} must be ${allowed}, got ${value}${reason}`;
}

/**
 * Requires a condition of a construct's props. It throws when the app is synthesized, not here: cdk8s validates the
 * whole tree first, so one run names everything that is wrong.
 */
export function requireThat(scope: IConstruct, holds: boolean, violation: Violation): void {
  if (holds) return;
  scope.node.addValidation({ validate: () => [describeViolation(violation)] });
}

/** Requires a whole number within bounds. */
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

/** Requires a name that fits one DNS label (RFC 1123). */
export function requireDnsLabel(scope: IConstruct, subject: string, property: string, value: string): void {
  requireThat(scope, /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(value), {
    subject,
    property,
    value,
    allowed: 'a DNS label (RFC 1123): at most 63 of a-z, 0-9 and -, no - at either end',
  });
}

const WARNING = 'headwater:warning';

/** Leaves a warning that `synth` prints; the manifests are written all the same. */
export function addWarning(scope: IConstruct, text: string): void {
  scope.node.addMetadata(WARNING, text);
}

/** Everything that is wrong anywhere in the tree, each line once. */
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
