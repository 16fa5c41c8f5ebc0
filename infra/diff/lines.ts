import { structuredPatch } from 'diff/lib/patch/create.js';
import type { Tree } from './tree.ts';

/** A line of a text that was changed, added or removed. */
export interface ChangedLine {
  /** Line number in the new text, for a removed line in the old one. From 1. */
  readonly number: number;
  readonly before?: string;
  readonly after?: string;
}

/** With more differing lines the search takes too long, and its result helps no reader. */
const MOST_EDITS = 1_000;

/**
 * Finds the lines of two texts that differ.
 *
 * @returns undefined if a value is not a text, both texts have one line, or more than {@link MOST_EDITS} lines differ
 */
export function changedLines(
  before: Tree | undefined,
  after: Tree | undefined,
): readonly ChangedLine[] | undefined {
  if (typeof before !== 'string' || typeof after !== 'string') return undefined;
  if (!before.includes('\n') && !after.includes('\n')) return undefined;
  const patch = structuredPatch('', '', before, after, '', '', { context: 0, maxEditLength: MOST_EDITS });
  return patch?.hunks.flatMap(({ oldStart, newStart, lines }) => {
    const [gone, come] = [linesOf('-', lines), linesOf('+', lines)];
    return Array.from({ length: Math.max(gone.length, come.length) }, (_, index): ChangedLine => {
      const [old, young] = [gone[index], come[index]];
      return {
        number: (young === undefined ? oldStart : newStart) + index,
        ...(old !== undefined && { before: old }),
        ...(young !== undefined && { after: young }),
      };
    });
  });
}

/** Returns the lines of a hunk with the sign. A line that begins with `\` marks a text without a final line break. */
function linesOf(sign: '-' | '+', lines: readonly string[]): readonly string[] {
  return lines.flatMap((line, index) => {
    if (!line.startsWith(sign)) return [];
    const isOpen = lines[index + 1]?.startsWith('\\') ?? false;
    return [`${line.slice(1)}${isOpen ? ' (without a line break)' : ''}`];
  });
}
