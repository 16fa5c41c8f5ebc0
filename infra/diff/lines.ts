import { structuredPatch } from 'diff/lib/patch/create.js';
import type { Tree } from './tree.ts';

/** A line of a text that is another one, new or gone. */
export interface ChangedLine {
  /** Of the text as it will be; of a line that is gone, as it was. From 1. */
  readonly number: number;
  readonly before?: string;
  readonly after?: string;
}

/** Differing lines from which two texts have nothing in common that is worth the search. */
const MOST_EDITS = 1_000;

/**
 * Which lines of two texts differ.
 *
 * @returns undefined where one of them is no text, both are one line, or they have hardly a line in common
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

/** Lines of a hunk with the sign; a line that begins with `\` says that the text ends without a line break. */
function linesOf(sign: '-' | '+', lines: readonly string[]): readonly string[] {
  return lines.flatMap((line, index) => {
    if (!line.startsWith(sign)) return [];
    const isOpen = lines[index + 1]?.startsWith('\\') ?? false;
    return [`${line.slice(1)}${isOpen ? ' (without a line break)' : ''}`];
  });
}
