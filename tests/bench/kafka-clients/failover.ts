import { setTimeout as delay } from 'node:timers/promises';
import { AckGaps } from './ack-gaps.ts';
import type { KafkaClient, Target } from './client.ts';
import { PacedLoad } from './paced-load.ts';
import { leaderOf, readCopies } from './read-back.ts';

const beforeMs = 4_000;
const afterMs = 16_000;
/** More than a client may spend on one record (`deliveryTimeoutMs`). */
const settleMs = 35_000;

export interface Failover {
  sent: number;
  acknowledged: number;
  /** The client gave these up: an application that needs them stored has to send them again. */
  rejected: number;
  /** Neither acknowledged nor rejected 35 s after the load ended. */
  unanswered: number;
  /** Acknowledged, but not in the topic. */
  lost: number;
  /** Copies beyond the first of a record; the application sent each once, so the client made them. */
  duplicates: number;
  /** Rejected, and in the topic nevertheless: sending them again would store them twice. */
  rejectedButStored: number;
  /** Longest time without any acknowledgement after the SIGKILL. */
  longestGapMs: number;
  /** The same, for the one partition that waited longest. */
  longestPartitionGapMs: number;
  firstError: string | undefined;
}

/** A steady load on every partition, in the middle of which the leader of partition 0 gets SIGKILL. */
export async function measureFailover(
  client: KafkaClient,
  target: Target,
  killBroker: (id: number) => Promise<void>,
): Promise<Failover> {
  const sender = await client.connectProducer(target);
  const load = new PacedLoad(sender);
  await load.run(beforeMs);
  const leader = await leaderOf(target, 0);
  load.gaps = new AckGaps();
  await Promise.all([killBroker(leader), load.run(afterMs)]);
  const gaps = load.gaps.longest();
  await load.settle(settleMs);
  const { outcomes, firstError } = load;
  const copies = await readCopies(target, outcomes.length);
  await Promise.race([sender.close(), delay(5_000)]);

  const count = (matches: (outcome: string, copies: number) => boolean) =>
    outcomes.filter((outcome, number) => matches(outcome, copies[number] ?? 0)).length;
  return {
    sent: outcomes.length,
    acknowledged: count((outcome) => outcome === 'acknowledged'),
    rejected: count((outcome) => outcome === 'rejected'),
    unanswered: count((outcome) => outcome === 'unanswered'),
    lost: count((outcome, stored) => outcome === 'acknowledged' && stored === 0),
    duplicates: copies.reduce((sum, stored) => sum + Math.max(stored - 1, 0), 0),
    rejectedButStored: count((outcome, stored) => outcome === 'rejected' && stored > 0),
    ...gaps,
    firstError,
  };
}
