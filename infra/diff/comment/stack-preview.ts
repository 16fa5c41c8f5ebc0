import { z } from 'zod';

/** The fields of `pulumi preview --json` that are read. Not the states of the resources, which may contain secrets. */
const digest = z.object({
  steps: z
    .array(
      z.object({
        op: z.string(),
        urn: z.string(),
        diffReasons: z.array(z.string()).optional(),
        detailedDiff: z.record(z.string(), z.object({ kind: z.string() })).nullish(),
      }),
    )
    .default([]),
  diagnostics: z.array(z.object({ message: z.string().default(''), severity: z.string() })).default([]),
  changeSummary: z.record(z.string(), z.number()).optional(),
});

/** One resource that `up` would change. */
export interface StackStep {
  /** `create`, `update`, `replace`, `delete`, or another operation of the engine. */
  readonly operation: string;
  /** `Deployment headwater/producer` */
  readonly resource: string;
  /** `~ spec.replicas` changed, `+ …` added, `- …` removed; with `(replaces)` if the change replaces the resource. */
  readonly properties: readonly string[];
}

/** What Pulumi would do with one stack. */
export interface StackPreview {
  readonly stack: string;
  /** Steps that change something: replacements and deletions first. */
  readonly steps: readonly StackStep[];
  /** Number of resources by operation, without `same`. */
  readonly counts: Readonly<Record<string, number>>;
  readonly unchanged: number;
  readonly warnings: readonly string[];
  /** Why the preview failed; empty if it did not. */
  readonly errors: readonly string[];
}

const WORST_FIRST = ['replace', 'delete', 'create', 'update'];

/** @param text standard output of `pulumi preview --json`, or of a run that failed */
export function readStackPreview(stack: string, text: string): StackPreview {
  const nothing = { stack, steps: [], counts: {}, unchanged: 0, warnings: [] };
  if (text.trim() === '')
    return { ...nothing, errors: ['the preview printed nothing: see the log of the run'] };
  const parsed = digest.safeParse(parseJson(text));
  if (!parsed.success) return { ...nothing, errors: ['the output of Pulumi is not a preview'] };
  const { steps, diagnostics, changeSummary } = parsed.data;
  const said = (severity: string): readonly string[] =>
    diagnostics.filter((one) => one.severity === severity).map(({ message }) => message.trim());
  const errors = said('error');
  const { same: unchanged = 0, ...counts } = changeSummary ?? {};
  return {
    stack,
    steps: steps
      .filter(({ op }) => op !== 'same')
      .map(({ op, urn, detailedDiff, diffReasons }) => ({
        operation: op,
        resource: resourceOf(urn),
        properties: propertiesOf(detailedDiff ?? {}, diffReasons),
      }))
      .sort((a, b) => rank(a) - rank(b)),
    counts,
    unchanged,
    warnings: said('warning'),
    // Pulumi prints the summary last, so without it the preview is incomplete.
    errors: errors.length === 0 && changeSummary === undefined ? ['the preview ended early'] : errors,
  };
}

function rank({ operation }: StackStep): number {
  const known = WORST_FIRST.indexOf(operation);
  return known < 0 ? WORST_FIRST.length : known;
}

/** Returns type and name of `urn:pulumi:STACK::PROJECT::PARENT$PACKAGE:MODULE:TYPE::NAME`. */
function resourceOf(urn: string): string {
  const [, , types = '', ...name] = urn.split('::');
  return `${types.split(':').at(-1) ?? ''} ${name.join('::')}`;
}

/** @param reasons names of the properties; some providers report nothing else */
function propertiesOf(
  differences: Readonly<Record<string, { readonly kind: string }>>,
  reasons: readonly string[] = [],
): readonly string[] {
  const paths = Object.entries(differences).map(([path, { kind }]) => {
    const sign = kind.startsWith('add') ? '+' : kind.startsWith('delete') ? '-' : '~';
    return `${sign} ${path}${kind.endsWith('-replace') ? ' (replaces)' : ''}`;
  });
  return paths.length > 0 ? paths : [...new Set(reasons)].map((name) => `~ ${name}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
