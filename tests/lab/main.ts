// `headwater lab check|up|down|status|kubectl …`: a real Kubernetes on this machine (docs/lab.md).
import { spawnSync } from 'node:child_process';
import { describeFailure, readOptions, UsageError } from '../../infra/command-line.ts';
import { labEnvironments, type MetadataMode } from './environments.ts';
import { down, isUp, openCluster, RefusedHere, up } from './lab.ts';
import { PartTimes } from './part-times.ts';
import { FORWARDS } from './place.ts';
import { upPlatform } from './platform.ts';
import { findObstacles } from './requirements.ts';

/** Exit code of an `up` on a machine that does not let it make a node, whatever is installed. */
const REFUSED = 3;

const modes = Object.keys(labEnvironments) as readonly MetadataMode[];
const USAGE = `usage: npx headwater lab check | up [--metadata ${modes.join('|')}] | down | status | kubectl ARGUMENTS...
a real Kubernetes with the whole platform on this machine, as root on Linux

  check     says what keeps it from being raised here
  up        raises it; --metadata says where Kafka keeps its metadata
  down      removes it
  status    its nodes and pods; exit code 1 where it is down
  kubectl   runs kubectl on it

exit codes: 0 done, 1 failed, 2 the command is wrong, ${REFUSED} this machine does not let it make a node
`;
const [command, ...rest] = process.argv.slice(2);
const began = performance.now();

function say(text: string): void {
  console.error(`lab: ${text}`);
}

async function kubectl(args: readonly string[]): Promise<number> {
  const [program, ...words] = (await openCluster(process, say)).command;
  return spawnSync(program, [...words, ...args], { stdio: 'inherit' }).status ?? 1;
}

/** @throws {UsageError} where the words after `up` are not those of the usage */
function readMetadata(): MetadataMode | undefined {
  const { values } = readOptions(rest, { metadata: { type: 'string' } });
  if (values.metadata === undefined) return undefined;
  const mode = modes.find((known) => known === values.metadata);
  if (mode === undefined)
    throw new UsageError(`--metadata must be ${modes.join(' or ')}, got ${values.metadata}`);
  return mode;
}

async function run(): Promise<number> {
  if (command === '--help' || (command !== 'kubectl' && rest.includes('--help'))) {
    process.stdout.write(USAGE);
    return 0;
  }
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
      throw new UsageError(
        `the words must begin with check, up, down, status or kubectl, got ${command ?? 'none'}`,
      );
  }
}

try {
  process.exitCode = await run();
} catch (error) {
  const { text, exitCode } = describeFailure('lab', error);
  process.stderr.write(text);
  process.exitCode = error instanceof RefusedHere ? REFUSED : exitCode;
}
