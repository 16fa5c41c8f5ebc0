import { chainPrefix, padOffset, type ChainId } from '../object/segment.ts';

/**
 * Why a partition cannot go on until an operator decides:
 * - `bad-segment`: the metadata of the last segment do not say its end;
 * - `truncated-log`: Kafka has lost records that are stored, and may have written others at their offsets;
 * - `unreadable-batch`: the next batch of the log cannot be read.
 */
export const resumable = ['bad-segment', 'truncated-log', 'unreadable-batch'] as const;

export type ResumableReason = (typeof resumable)[number];

/** A reason that an operator can decide, or `continued`: another prefix continues this chain. */
export type StopReason = ResumableReason | 'continued';

/** What a stored decision calls a reason: names that earlier versions have written and read. */
const STORED_REASONS: Readonly<Record<ResumableReason, string>> = {
  'bad-segment': 'bad-link',
  'truncated-log': 'truncated-log',
  'unreadable-batch': 'unreadable-batch',
};

/** Stops one partition. The other partitions go on. */
export class PartitionStopError extends Error {
  override readonly name = 'PartitionStopError';
  readonly reason: StopReason;
  /** Start of the bad segment, end of the chain, or first unreadable offset. A decision must name it. */
  readonly at: number;
  /** Arguments of the `resume` command that accept the stop; `undefined` where no decision can. */
  readonly resume: string | undefined;

  /** @param decision the last argument of the `resume` command, with a placeholder for what the operator must find out */
  constructor(reason: StopReason, at: number, message: string, decision?: string) {
    super(`${reason} at offset ${at}: ${message}`);
    this.reason = reason;
    this.at = at;
    this.resume = decision === undefined ? undefined : `--accept ${reason} --at ${at} ${decision}`;
  }
}

/**
 * An operator's decision about one stop, stored beside the objects so that every owner of the partition finds it:
 * - `bad-segment`: the segment that starts at `at` ends at `end`;
 * - `truncated-log`: the chain is kept and goes on at `at`, in the log as it is since `leaderEpoch`;
 * - `unreadable-batch`: the offsets from `at` to `end` are given up and recorded as a gap.
 */
export type Decision =
  | { readonly accepts: 'bad-segment' | 'unreadable-batch'; readonly at: number; readonly end: number }
  | { readonly accepts: 'truncated-log'; readonly at: number; readonly leaderEpoch: number };

/** The key of the decision about a stop at an offset. */
export function decisionKey(prefix: string, chain: ChainId, at: number): string {
  const folder = chainPrefix(prefix === '' ? '_releases' : `${prefix}/_releases`, chain);
  return `${folder}${padOffset(at)}.json`;
}

export function printDecision(decision: Decision): Buffer {
  return Buffer.from(JSON.stringify({ ...decision, accepts: STORED_REASONS[decision.accepts] }));
}

/** @returns `undefined` where the text is no decision about this stop */
export function readDecision(
  body: Buffer,
  { reason, at }: Pick<PartitionStopError, 'reason' | 'at'>,
): Decision | undefined {
  let stored: (Partial<Record<'accepts' | 'at', unknown>> & DecisionValues) | null;
  try {
    stored = JSON.parse(body.toString()) as typeof stored;
  } catch {
    return undefined;
  }
  if (reason === 'continued' || stored?.accepts !== STORED_REASONS[reason] || stored.at !== at)
    return undefined;
  return decide(reason, at, stored);
}

/** What a decision says, unchecked. */
export interface DecisionValues {
  readonly end?: unknown;
  readonly leaderEpoch?: unknown;
}

/** @returns `undefined` where the values are no decision about a stop for this reason */
export function decide(
  accepts: ResumableReason,
  at: number,
  { end, leaderEpoch }: DecisionValues,
): Decision | undefined {
  if (accepts === 'truncated-log') return isOffset(leaderEpoch) ? { accepts, at, leaderEpoch } : undefined;
  return isOffset(end) && end > at ? { accepts, at, end } : undefined;
}

function isOffset(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

export interface DecisionStore {
  get(key: string, signal: AbortSignal): Promise<{ readonly body: Buffer } | undefined>;
}

/** Reads the decisions about one chain. */
export class Decisions {
  readonly #store: DecisionStore;
  readonly #prefix: string;
  readonly #chain: ChainId;

  constructor(store: DecisionStore, prefix: string, chain: ChainId) {
    this.#store = store;
    this.#prefix = prefix;
    this.#chain = chain;
  }

  /** @throws {PartitionStopError} the stop itself where no decision accepts it */
  async of(stop: PartitionStopError, signal: AbortSignal): Promise<Decision> {
    const stored = await this.#store.get(decisionKey(this.#prefix, this.#chain, stop.at), signal);
    const decision = stored === undefined ? undefined : readDecision(stored.body, stop);
    if (decision === undefined) throw stop;
    return decision;
  }
}
