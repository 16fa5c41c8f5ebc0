/** What a member of the group says when it joins. */
export interface Candidate {
  readonly memberId: string;
  /** What it works on at this moment. */
  readonly owned: readonly number[];
  /** The generation that gave it what it owns; -1 where it owns nothing. */
  readonly generation: number;
}

/**
 * Spreads the partitions over the members, at most one more for one than for another, and leaves as many as
 * possible where they are: a partition that moves is read again from the end of its chain.
 */
export function assignPartitions(
  partitionCount: number,
  candidates: readonly Candidate[],
): Map<string, readonly number[]> {
  // A member that missed a generation owns nothing, whatever it believes.
  const current = Math.max(...candidates.map(({ generation }) => generation));
  const unassigned = new Set(Array.from({ length: partitionCount }, (_, partition) => partition));
  const base = Math.floor(partitionCount / candidates.length);
  let larger = partitionCount % candidates.length;

  const members = candidates
    .map(({ memberId, owned, generation }) => ({ memberId, owned: generation === current ? owned : [] }))
    // Those who own most keep one more, so that it need not move.
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
