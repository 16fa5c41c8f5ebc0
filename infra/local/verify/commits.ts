import type { Findings } from './findings.ts';

/** A committed offset, and how far the chain reached when it was seen. */
export interface CommitSample {
  readonly topicId: string;
  readonly partition: number;
  readonly committed: number;
  /** `end` of the last segment that the store had accepted by the time the committed offset came back. */
  readonly chainEnd: number;
}

/** I6: what is committed is stored, at every moment. */
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
