import { parseArgs } from 'node:util';
import { walkChain, type ChainStore } from '../chain/walk-chain.ts';
import { BadSegmentError, chainPrefix, SegmentKeys, type ChainId } from '../object/segment.ts';
import { decide, decisionKey, printDecision, resumable, type Decision } from '../chain/decisions.ts';
import type { StoreConfig } from '../config.ts';

export const usage = `usage: npx headwater resume --chain TOPIC/TOPIC_ID/PARTITION --accept REASON --at OFFSET ...

Resumes a partition that the consumer has stopped.
  --accept bad-segment --end OFFSET         the segment that starts at --at ends at --end
  --accept truncated-log --leader-epoch N   records below --at that Kafka holds since epoch N are never stored;
                                            stored records of the lost history are kept
  --accept unreadable-batch --end OFFSET    the offsets from --at to --end are given up, recorded as a gap

The log line "partition stopped" of the consumer shows all arguments. STORE_* and the credentials are those of the consumer.
Exit code: 0 if the decision is written; 1 with an error message if it is not, 2 if the arguments are wrong.`;

/** The request cannot be carried out; the message is for the operator. */
export class ResumeError extends Error {
  override readonly name: string = 'ResumeError';
}

/** The arguments are no request. */
export class ResumeUsageError extends ResumeError {
  override readonly name = 'ResumeUsageError';

  constructor(message: string) {
    super(`${message}\n${usage}`);
  }
}

export interface ResumeRequest {
  readonly chain: ChainId;
  readonly decision: Decision;
}

/** @throws {ResumeUsageError} */
export function readRequest(args: readonly string[]): ResumeRequest | 'help' {
  const options = {
    chain: { type: 'string' },
    accept: { type: 'string' },
    at: { type: 'string' },
    end: { type: 'string' },
    'leader-epoch': { type: 'string' },
    help: { type: 'boolean' },
  } as const;
  let values;
  try {
    values = parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new ResumeUsageError(error instanceof Error ? error.message : String(error));
  }
  const { chain = '', accept = '', at, end, 'leader-epoch': epoch, help = false } = values;
  if (help) return 'help';
  const [, topic, topicId, partition] = /^([\w.-]+)\/([\w-]{22})\/(\d{1,10})$/.exec(chain) ?? [];
  if (topic === undefined || topicId === undefined) {
    throw new ResumeUsageError(`--chain must be TOPIC/TOPIC_ID/PARTITION, got "${chain}"`);
  }
  const number = (text: string | undefined): number =>
    text !== undefined && /^\d{1,16}$/.test(text) ? Number(text) : -1;
  const reason = resumable.find((known) => known === accept);
  const decision =
    reason === undefined || number(at) < 0
      ? undefined
      : decide(reason, number(at), { end: number(end), leaderEpoch: number(epoch) });
  if (decision === undefined) throw new ResumeUsageError(`got "${args.join(' ')}"`);
  return { chain: { topic, topicId, partition: Number(partition) }, decision };
}

export interface ResumeStore extends ChainStore {
  putIfAbsent(key: string, body: Buffer, signal: AbortSignal): Promise<boolean>;
}

/**
 * Stores the decision, for the owner of the partition to read.
 *
 * @returns the key of the decision
 * @throws {ResumeError} if the end of the chain is not as the request says, or if there is a decision already
 */
export async function resume(
  store: ResumeStore,
  { prefix, layout }: Pick<StoreConfig, 'prefix' | 'layout'>,
  { chain, decision }: ResumeRequest,
  signal: AbortSignal,
): Promise<string> {
  const keys = new SegmentKeys(chainPrefix(prefix, chain), layout.codec, layout.delivery);
  const found = await endOf(store, keys, signal);
  const { accepts, at } = decision;
  if (accepts === 'bad-segment' ? found.badSegment !== at : found.end === undefined) {
    throw new ResumeError(
      `${keys.folder}: ${found.summary}, so there is no ${accepts} at offset ${at} to resume`,
    );
  }
  if (accepts === 'truncated-log' && found.end !== at) {
    throw new ResumeError(`${keys.folder}: ${found.summary}, --at must be that offset, got ${at}`);
  }
  if (accepts === 'unreadable-batch' && at < (found.end ?? 0)) {
    throw new ResumeError(`${keys.folder}: ${found.summary}, --at must not be before that, got ${at}`);
  }
  const key = decisionKey(prefix, chain, at);
  if (!(await store.putIfAbsent(key, printDecision(decision), signal))) {
    throw new ResumeError(`${key} exists already: delete it first to decide otherwise`);
  }
  return key;
}

interface Found {
  readonly end: number | undefined;
  readonly badSegment: number | undefined;
  readonly summary: string;
}

async function endOf(store: ChainStore, keys: SegmentKeys, signal: AbortSignal): Promise<Found> {
  try {
    const walk = { store, keys, committed: undefined, maxSpan: 0, signal };
    const end = (await walkChain(walk))?.end ?? 0;
    return { end, badSegment: undefined, summary: `the chain ends at ${end}` };
  } catch (error) {
    if (!(error instanceof BadSegmentError)) throw error;
    return {
      end: undefined,
      badSegment: error.start,
      summary: `its last segment does not say its end (${error.message})`,
    };
  }
}
