// Runs in a network of the lab: connects to each `<address>:<port>` of its arguments at once, and prints as JSON what
// became of each: `connected`, `timeout`, or the code of the error.
import { connect } from 'node:net';

/** Longer than the first retransmissions of a packet that was lost by chance: 1 s, and 2 s after it. */
const TIMEOUT_MS = 4_000;

function reach(target: string): Promise<string> {
  const [host = '', port = ''] = target.split(':');
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port) });
    const end = (outcome: string): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(outcome);
    };
    const timer = setTimeout(end, TIMEOUT_MS, 'timeout');
    socket.once('connect', () => end('connected'));
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
  });
}

const targets = process.argv.slice(2);
const outcomes = await Promise.all(targets.map(async (target) => [target, await reach(target)] as const));
console.log(JSON.stringify(Object.fromEntries(outcomes)));
