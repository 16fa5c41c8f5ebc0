// `npm run lab -- up|down|status|kubectl …`: a real Kubernetes on this machine (docs/lab.md).
import { spawnSync } from 'node:child_process';
import { Cluster } from './cluster.ts';
import { down, isUp, up } from './lab.ts';
import { makeParts } from './parts.ts';
import { FORWARDS } from './place.ts';
import { upPlatform } from './platform.ts';

const USAGE = 'usage: npm run lab -- up | down | status | kubectl <arguments>';
const [command, ...rest] = process.argv.slice(2);
const began = performance.now();

function say(text: string): void {
  console.error(`lab: ${text}`);
}

async function cluster(): Promise<Cluster> {
  return new Cluster(process, (await makeParts(process, say)).binaries.kubernetes);
}

async function kubectl(args: readonly string[]): Promise<number> {
  const [program, ...words] = (await cluster()).command;
  return spawnSync(program, [...words, ...args], { stdio: 'inherit' }).status ?? 1;
}

async function run(): Promise<number> {
  switch (command) {
    case 'up': {
      if (isUp(process)) say('is up already');
      await up(process, process.getuid?.(), say);
      await upPlatform(process, await cluster(), say);
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
