import type { S3Client } from '@aws-sdk/client-s3';
import { AttemptCheck, type AttemptCounts, type Ledger } from './verify/attempts.ts';
import { ChainWalk, type ChainReport } from './verify/chain.ts';
import { checkCommits, type CommitSample } from './verify/commits.ts';
import { Findings, type Violation } from './verify/findings.ts';
import { chainOf, type Layout, type Segment, type StoreContent } from './verify/segment.ts';
import { StoreReader, type StoreLocation } from './verify/store-reader.ts';

/** Evidence besides the store. Each part is optional; without it the related invariants are not checked. */
export interface Evidence {
  readonly ledger?: Ledger;
  readonly commits?: Iterable<CommitSample>;
  /** The bucket deletes old objects, so a chain may begin above 0. @default false */
  readonly expires?: boolean;
}

/** The content of the store, and whether it satisfies the invariants I1–I7. */
export interface Verification extends AttemptCounts {
  /** True where {@link violations} is empty. */
  readonly ok: boolean;
  /** Segments, over all chains. */
  readonly objects: number;
  /** Objects that are neither segments nor layouts; not checked. */
  readonly foreign: number;
  readonly records: number;
  /** Offsets that no segment covers, and offsets that more than one covers. */
  readonly gaps: number;
  readonly overlaps: number;
  /** Offsets recorded as deleted by Kafka before they were read. */
  readonly recordedGaps: number;
  /** Offsets within segments that hold no record: control records, compaction, or a loss. */
  readonly absent: number;
  readonly commitSamples: number;
  readonly chains: readonly ChainReport[];
  readonly violations: readonly Violation[];
}

/**
 * Walks every chain of a bucket or prefix and checks it. Memory does not grow with the size of the bucket, but with its
 * records, about 32 bytes each, and the ledger's attempts.
 *
 * @throws the store's error if it cannot be read: a partial result would be worthless
 */
export function verifyStore(
  client: S3Client,
  location: StoreLocation,
  evidence: Evidence = {},
): Promise<Verification> {
  return verifyContent(new StoreReader(client, location), evidence);
}

/** The check itself, without a store. */
export async function verifyContent(
  content: StoreContent,
  { ledger, commits = [], expires = false }: Evidence = {},
): Promise<Verification> {
  const findings = new Findings();
  const attempts = new AttemptCheck(findings, ledger);
  const layouts = new Map<string, Layout | string>();
  const walks = new Map<string, ChainWalk>();
  for await (const segment of content.segments()) {
    let layout = layouts.get(segment.prefix);
    if (layout === undefined) {
      layout = await content.layout(segment.prefix);
      layouts.set(segment.prefix, layout);
      if (typeof layout === 'string') findings.add('layout-mismatch', layout);
    }
    if (typeof layout !== 'string' && layout.extension !== segment.extension) {
      findings.add('layout-mismatch', `${segment.key}: its prefix holds ${layout.extension}`);
    }
    const walk =
      walks.get(chainOf(segment)) ?? new ChainWalk(findings, segment, expires || continuesAnother(layout));
    walks.set(chainOf(segment), walk);
    walk.add(await withDecidedEnd(content, segment));
    for (const record of segment.records) attempts.record(segment, record);
  }
  const commitSamples = checkCommits(findings, commits);
  const counts = attempts.finish();
  const chains = [...walks.values()].map((walk) => walk.report());
  checkContinuations(findings, chains, layouts);
  const sum = (figure: (chain: ChainReport) => number): number =>
    chains.reduce((total, chain) => total + figure(chain), 0);
  const violations = findings.list();
  return {
    ok: violations.length === 0,
    ...counts,
    objects: sum(({ segments }) => segments),
    foreign: content.foreign,
    records: sum(({ records }) => records),
    gaps: sum(({ gaps }) => gaps),
    overlaps: sum(({ overlaps }) => overlaps),
    recordedGaps: sum(({ recordedGaps }) => recordedGaps),
    absent: sum(({ absent }) => absent),
    commitSamples,
    chains,
    violations,
  };
}

/** A segment without an end in its metadata ends at the operator's decision, as for the consumer. */
async function withDecidedEnd(content: StoreContent, segment: Segment): Promise<Segment> {
  if (segment.metadata.end !== undefined) return segment;
  const end = await content.decidedEnd(segment);
  return end === undefined ? segment : { ...segment, metadata: { ...segment.metadata, end, defects: [] } };
}

function continuesAnother(layout: Layout | string): boolean {
  return typeof layout !== 'string' && layout.continues !== undefined;
}

/** A chain that continues another prefix must start where that one ended. Checked only if both were walked. */
function checkContinuations(
  findings: Findings,
  chains: readonly ChainReport[],
  layouts: ReadonlyMap<string, Layout | string>,
): void {
  const ends = new Map(chains.map(({ chain, end }) => [chain, end]));
  for (const { chain, prefix, start, ...rest } of chains) {
    const layout = layouts.get(prefix);
    if (layout === undefined || typeof layout === 'string' || layout.continues === undefined) continue;
    const continued = chainOf({ ...rest, prefix: layout.continues });
    const end = ends.get(continued);
    if (end === undefined || end === start) continue;
    findings.add(start > end ? 'gap' : 'overlap', `${chain} begins at ${start}, ${continued} ends at ${end}`);
  }
}
