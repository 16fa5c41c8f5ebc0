import { setTimeout as sleep } from 'node:timers/promises';
import { waitUntil } from '../../../infra/local/wait.ts';
import { responsesOf, type Responses } from './responses.ts';
import { Connection, PLAIN_EVENT, requestOf } from './connection.ts';

/** `POST /upload` of 1 KiB, each sent when the one before it on its connection is answered. None is under way afterwards. */
export async function runClosedLoop(
  endpoint: string,
  connections: number,
  seconds: number,
): Promise<Responses & { readonly errors: number }> {
  const latencies: number[] = [];
  let [errors, underWay, ended] = [0, 0, false];
  const request = requestOf(new URL(endpoint).host, PLAIN_EVENT);
  const send = (connection: Connection): void => {
    underWay += 1;
    connection.send(request, performance.now());
  };
  const opened = await Promise.all(
    Array.from({ length: connections }, () =>
      Connection.open(endpoint, (connection, since, status) => {
        underWay -= 1;
        if (ended) return;
        if (status === 201) latencies.push(performance.now() - since);
        else errors += 1;
        send(connection);
      }),
    ),
  );
  const begun = performance.now();
  for (const connection of opened) send(connection);
  await sleep(seconds * 1_000);
  ended = true;
  const elapsed = (performance.now() - begun) / 1_000;
  await waitUntil(() => underWay === 0, {
    what: 'an answer to each request',
    deadlineMs: 60_000,
  });
  for (const connection of opened) connection.close();
  return { ...responsesOf(latencies, elapsed), errors };
}
