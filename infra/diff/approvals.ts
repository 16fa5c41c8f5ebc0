import { z } from 'zod';

const approvals = z.array(
  z.strictObject({
    /** Of the change or the cause, as the report shows it. */
    id: z.string().regex(/^[0-9a-f]{12}$/, 'the twelve hexadecimal digits that the report shows'),
    /** What it is of, for who reads the file: object and place, or properties. */
    change: z.string().min(1),
    /** Why it may pass. */
    reason: z.string().min(1),
  }),
);

/** Changes, or causes with all changes that come of them, that a reviewer lets pass. An identifier holds for these values only. */
export type Approval = z.infer<typeof approvals>[number];

/** @throws {Error} that names the file and what is wrong in it */
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

/** Approvals that name none of the changes and causes: of values that are gone, to be deleted. */
export function unusedApprovals(
  approved: readonly Approval[],
  known: readonly { readonly id: string }[],
): readonly Approval[] {
  return approved.filter(({ id }) => known.every((one) => one.id !== id));
}
