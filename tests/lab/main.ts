// `npm run lab -- up|down|status|kubectl …`: a real Kubernetes on this machine (docs/lab.md).
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { down, isUp, up } from './lab.ts';
import { within } from './namespaces.ts';
import { makeParts } from './parts.ts';
import { DIRECTORY, FORWARDS } from './place.ts';

const USAGE = 'usage: npm run lab -- up | down | status | kubectl <arguments>';
const [command, ...rest] = process.argv.slice(2);
const began = performance.now();

function say(text: string): void {
  console.error(`lab: ${text}`);
}

async function kubectl(args: readonly string[]): Promise<number> {
  const { binaries } = await makeParts(process, say);
  const [program, ...words] = within(process);
  const kubeconfig = join(DIRECTORY, 'admin.kubeconfig');
  const { status } = spawnSync(
    program,
    [...words, binaries.kubernetes, 'kubectl', '--kubeconfig', kubeconfig, ...args],
    { stdio: 'inherit' },
  );
  return status ?? 1;
}

async function run(): Promise<number> {
  switch (command) {
    case 'up': {
      if (isUp(process)) say('is up already');
      await up(process, process.getuid?.(), say);
      const ports = FORWARDS.map(({ from, to }) => `127.0.0.1:${from} -> ${to}`).join(', ');
      say(`up in ${((performance.now() - began) / 1_000).toFixed(1)} s; the ingress: ${ports}`);
      return 0;
    }
    case 'down':
      await down(process);
      say(`down in ${((performance.now() - began) / 1_000).toFixed(1)} s`);
      return 0;
    case 'status':
      if (!isUp(process)) {
        say('down');
        return 1;
      }
      return kubectl(['get', 'nodes,pods', '--all-namespaces', '--output', 'wide']);
    case 'kubectl':
      return kubectl(rest);
    default:
      say(USAGE);
      return 2;
  }
}

try {
  process.exitCode = await run();
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
