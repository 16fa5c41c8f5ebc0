// `npm run lab -- check|up|down|status|kubectl …`: a real Kubernetes on this machine (docs/lab.md).
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { labEnvironments, type MetadataMode } from './environments.ts';
import { down, isUp, openCluster, RefusedHere, up } from './lab.ts';
import { PartTimes } from './part-times.ts';
import { FORWARDS } from './place.ts';
import { upPlatform } from './platform.ts';
import { findObstacles } from './requirements.ts';

/** Exit code of an `up` on a machine that does not let it make a node, whatever is installed. */
const REFUSED = 3;

const modes = Object.keys(labEnvironments) as readonly MetadataMode[];
const USAGE = `usage: npm run lab -- check | up [--metadata ${modes.join('|')}] | down | status | kubectl <arguments>`;
const [command, ...rest] = process.argv.slice(2);
const began = performance.now();

function say(text: string): void {
  console.error(`lab: ${text}`);
}

async function kubectl(args: readonly string[]): Promise<number> {
  const [program, ...words] = (await openCluster(process, say)).command;
  return spawnSync(program, [...words, ...args], { stdio: 'inherit' }).status ?? 1;
}

/** @throws {Error} where the words after `up` are not those of the usage */
function readMetadata(): MetadataMode | undefined {
  const { values } = parseArgs({
    args: rest,
    options: { metadata: { type: 'string' } },
  });
  if (values.metadata === undefined) return undefined;
  const mode = modes.find((known) => known === values.metadata);
  if (mode === undefined) throw new Error(`--metadata must be ${modes.join(' or ')}, got ${values.metadata}`);
  return mode;
}

async function run(): Promise<number> {
  switch (command) {
    case 'check': {
      const { missing, refused } = await findObstacles(process, process.getuid?.());
      const lines = [...refused, ...missing];
      for (const line of lines) say(line);
      if (lines.length === 0) say('can be raised here');
      return lines.length === 0 ? 0 : 1;
    }
    case 'up': {
      const metadata = readMetadata();
      if (isUp(process)) say('is up already');
      const times = new PartTimes();
      await up(process, process.getuid?.(), say, times);
      await upPlatform(process, await openCluster(process, say), metadata, say, times);
      for (const line of times.table()) say(line);
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
  process.exitCode = error instanceof RefusedHere ? REFUSED : 1;
}
