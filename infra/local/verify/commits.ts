import type { Findings } from './findings.ts';

/** A committed offset, and the end of the chain at that time. */
export interface CommitSample {
  readonly topicId: string;
  readonly partition: number;
  readonly committed: number;
  /** `end` of the last segment that the store had accepted when the committed offset was returned. */
  readonly chainEnd: number;
}

/** I6: committed records are stored, at every moment. */
export function checkCommits(findings: Findings, samples: Iterable<CommitSample>): number {
  let count = 0;
  for (const { topicId, partition, committed, chainEnd } of samples) {
    count += 1;
    if (committed > chainEnd) {
      findings.add(
        'early-commit',
        `${topicId}/${partition}: committed ${committed}, stored up to ${chainEnd}`,
      );
    }
  }
  return count;
}
