// Asks the search cluster from within the lab's network: arguments are the path and, where it is to be sent, a body.
import { lab } from '../../../../infra/environments/lab.ts';

const [path = '/', body] = process.argv.slice(2);
const response = await fetch(`${lab.logging.search.endpoint}${path}`, {
  ...(body !== undefined && { method: 'POST', headers: { 'content-type': 'application/json' }, body }),
  signal: AbortSignal.timeout(10_000),
});
process.stdout.write(await response.text());
if (!response.ok) process.exitCode = 1;
