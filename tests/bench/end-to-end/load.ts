import { once } from 'node:events';
import { Agent, request, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const TICK_MS = 2;
const MAX_SOCKETS = 256;

export interface Sent {
  readonly accepted: number;
  readonly refused: number;
  /** What was reached, events a second. */
  readonly rate: number;
}

/**
 * Posts events one by one at a fixed rate, whether or not earlier ones are answered. Each says when it was sent, `sentAt`,
 * in milliseconds since the epoch.
 */
export async function postAtRate(endpoint: string, rate: number, seconds: number): Promise<Sent> {
  const agent = new Agent({ keepAlive: true, maxSockets: MAX_SOCKETS });
  const answers: Promise<number>[] = [];
  const begin = performance.now();
  while (performance.now() - begin < seconds * 1000) {
    const due = Math.min(rate * seconds, ((performance.now() - begin) / 1000) * rate);
    while (answers.length < due) answers.push(post(endpoint, agent));
    await sleep(TICK_MS);
  }
  const sent = answers.length;
  const statuses = await Promise.all(answers);
  agent.destroy();
  const accepted = statuses.filter((status) => status === 201).length;
  return { accepted, refused: sent - accepted, rate: sent / seconds };
}

async function post(endpoint: string, agent: Agent): Promise<number> {
  const sentAt = performance.timeOrigin + performance.now();
  const body = `{"sentAt":${sentAt},"text":"`.padEnd(1022, 'lorem ipsum ') + '"}';
  const headers = { 'content-type': 'application/json', 'content-length': body.length };
  const sending = request(`${endpoint}/upload`, { method: 'POST', agent, headers });
  sending.end(body);
  const [answer] = (await once(sending, 'response')) as [IncomingMessage];
  answer.resume();
  await once(answer, 'end');
  return answer.statusCode ?? 0;
}
