/** Subscription of a group member that joins. */
export interface Candidate {
  readonly memberId: string;
  /** Partitions that it owns now. */
  readonly owned: readonly number[];
  /** Generation in which it got them; -1 if it owns none. */
  readonly generation: number;
}

/**
 * Assigns the partitions evenly, with a difference of at most one. Keeps as many as possible with their owners, since a
 * new owner reads again from the end of the chain.
 */
export function assignPartitions(
  partitionCount: number,
  candidates: readonly Candidate[],
): Map<string, readonly number[]> {
  // A member of an older generation owns nothing.
  const current = Math.max(...candidates.map(({ generation }) => generation));
  const unassigned = new Set(Array.from({ length: partitionCount }, (_, partition) => partition));
  const base = Math.floor(partitionCount / candidates.length);
  let larger = partitionCount % candidates.length;

  const members = candidates
    .map(({ memberId, owned, generation }) => ({ memberId, owned: generation === current ? owned : [] }))
    // The members that own most get one more, so that it need not move.
    .sort((a, b) => b.owned.length - a.owned.length || (a.memberId < b.memberId ? -1 : 1));
  const shares = members.map(({ memberId, owned }) => {
    const quota = larger > 0 ? base + 1 : base;
    larger -= 1;
    const kept = owned.filter((partition) => unassigned.has(partition)).slice(0, quota);
    for (const partition of kept) unassigned.delete(partition);
    return { memberId, quota, partitions: kept };
  });

  const rest = [...unassigned];
  for (const { quota, partitions } of shares) partitions.push(...rest.splice(0, quota - partitions.length));
  return new Map(shares.map(({ memberId, partitions }) => [memberId, partitions.sort((a, b) => a - b)]));
}
