import { responsesOf, type Responses } from './responses.ts';
import { Connection, PLAIN_EVENT, requestOf } from './connection.ts';

/** The answers that were 201, and the others. */
export interface OpenLoopResult extends Responses {
  /** Everything that was due and not answered with 201. */
  readonly errors: number;
  /** Those of the errors that were answered with 503. */
  readonly refused: Responses;
}

export interface OpenLoopOptions {
  /** Makes the body, in ASCII, from the time at which it is due, of `performance.now()`. @default 1 KiB of text */
  readonly bodyOf?: (dueAt: number) => string;
  /** Ends the load early: nothing more is sent, and what is under way is waited for. */
  readonly signal?: AbortSignal;
}

/** More than a server that keeps up has requests under way, so that none waits for a free one. */
export const OPEN_LOOP_CONNECTIONS = 256;
const TICK_MS = 1;
const PATIENCE_MS = 10_000;

/**
 * `POST /upload` of 1 KiB at a fixed rate. A latency runs from the time at which the request was due, whether or not
 * a connection was free then: a server that falls behind is not spared the requests that it held up.
 */
export async function runOpenLoop(
  endpoint: string,
  ratePerSecond: number,
  seconds: number,
  { bodyOf, signal }: OpenLoopOptions = {},
): Promise<OpenLoopResult> {
  const { host } = new URL(endpoint);
  const plain = requestOf(host, PLAIN_EVENT);
  const idle: Connection[] = [];
  const [accepted, refused]: [number[], number[]] = [[], []];
  let [sent, answered] = [0, 0];
  const connections = await Promise.all(
    Array.from({ length: OPEN_LOOP_CONNECTIONS }, () =>
      Connection.open(endpoint, (connection, since, status) => {
        answered += 1;
        if (status === 201) accepted.push(performance.now() - since);
        else if (status === 503) refused.push(performance.now() - since);
        idle.push(connection);
      }),
    ),
  );
  idle.push(...connections);
  const begun = performance.now();
  const total = Math.round(ratePerSecond * seconds);
  const dueAt = (request: number) => begun + (request * 1_000) / ratePerSecond;
  let deadline = begun + seconds * 1_000 + PATIENCE_MS;
  signal?.addEventListener('abort', () => (deadline = performance.now() + PATIENCE_MS));
  const wanted = () => (signal?.aborted === true ? sent : total);
  while (answered < wanted() && performance.now() < deadline) {
    const now = performance.now();
    while (sent < wanted() && dueAt(sent) <= now) {
      const connection = idle.pop();
      if (connection === undefined) break;
      if (!connection.writable) continue;
      const due = dueAt(sent);
      connection.send(bodyOf === undefined ? plain : requestOf(host, bodyOf(due)), due);
      sent += 1;
    }
    await new Promise((resolve) => setTimeout(resolve, TICK_MS));
  }
  const elapsed = (performance.now() - begun) / 1_000;
  for (const connection of connections) connection.close();
  return {
    ...responsesOf(accepted, elapsed),
    errors: total - accepted.length,
    refused: responsesOf(refused, elapsed),
  };
}
