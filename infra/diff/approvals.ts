import { z } from 'zod';

const approvals = z.array(
  z.strictObject({
    /** Identifier of the change or the cause, as the report shows it. */
    id: z.string().regex(/^[0-9a-f]{12}$/, 'the twelve hexadecimal digits that the report shows'),
    /** Describes the change for readers of the file: object and path, or properties. */
    change: z.string().min(1),
    /** Reason of the approval. */
    reason: z.string().min(1),
  }),
);

/**
 * Changes, or causes with all of their changes, that a reviewer has approved. An identifier is valid for these values
 * only.
 */
export type Approval = z.infer<typeof approvals>[number];

/** @throws {Error} that names the file and the error in it */
export function readApprovals(file: string, text: string): readonly Approval[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`${file} must be JSON: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
  const result = approvals.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new Error(
    `${file}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? 'is not a list of approvals'}`,
  );
}

/** Approvals of outdated values, which match no change or cause and can be deleted. */
export function unusedApprovals(
  approved: readonly Approval[],
  known: readonly { readonly id: string }[],
): readonly Approval[] {
  return approved.filter(({ id }) => known.every((one) => one.id !== id));
}
