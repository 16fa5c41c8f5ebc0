import assert from 'node:assert/strict';
import type { Sender } from '../../../infra/local/up/sender.ts';
import { waitUntil } from '../../../infra/local/wait.ts';
import { newSender, sample, verifyWhenStored } from './lab-under-test.ts';

/** So many that they last longer than any disturbance. */
const EVENTS = 60_000;
const PER_SECOND = 60;
/** How many are accepted before anything happens, and after it. */
const FLOW = 100;

/**
 * Sends a steady flow of events while something happens to the pipeline, and until they flow again; then every one of
 * them has its last answer.
 */
export async function underLoad(
  signal: AbortSignal,
  disturb: (sender: Sender) => Promise<void>,
): Promise<Sender> {
  const sender = newSender(signal);
  const enough = new AbortController();
  const sending = sender.send(sample(EVENTS, { perSecond: PER_SECOND, until: enough.signal }));
  const flow = async (): Promise<void> => {
    const before = sender.accepted;
    await waitUntil(() => sender.accepted > before + FLOW, {
      what: 'a flow of events',
      deadlineMs: 60_000,
      signal,
    });
  };
  try {
    await flow();
    await disturb(sender);
    await flow();
  } finally {
    enough.abort();
    await sending;
  }
  return sender;
}

/**
 * Asserts that no event was given up, and that the store holds each attempt that was accepted once, none that was
 * refused, and one of unknown outcome at most once. @returns what to say of it
 */
export async function assertStored(sender: Sender): Promise<string> {
  assert.equal(sender.failure, undefined);
  const { missing, duplicate, violations, accepted, refused, unknown, storedUnknown } =
    await verifyWhenStored(sender.ledger, 150_000);
  assert.deepEqual({ missing, duplicate, violations }, { missing: 0, duplicate: 0, violations: [] });
  return `${accepted} events accepted, ${refused} attempts refused, ${unknown} without an answer, of which ${storedUnknown} are stored`;
}
