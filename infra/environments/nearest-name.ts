/** The nearest known name within three edits, if any: a suggestion for an unknown name. */
export function nearestOf(name: string, known: readonly string[]): string | undefined {
  const [best] = known
    .map((candidate) => ({ candidate, edits: editsBetween(name.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.edits - b.edits);
  return best !== undefined && best.edits <= 3 ? best.candidate : undefined;
}

function editsBetween(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [row, letter] of a.split('').entries()) {
    const current = [row + 1];
    for (const [column, other] of b.split('').entries()) {
      const left = (current[column] ?? 0) + 1;
      const above = (previous[column + 1] ?? 0) + 1;
      const diagonal = (previous[column] ?? 0) + (letter === other ? 0 : 1);
      current.push(Math.min(left, above, diagonal));
    }
    previous = current;
  }
  return previous[b.length] ?? a.length;
}
