import assert from 'node:assert/strict';
import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, before, test } from 'node:test';

const scripts = join(import.meta.dirname, '../../images/kafka/bin');
const directory = mkdtempSync(join(tmpdir(), 'headwater-gates-'));
after(() => rmSync(directory, { recursive: true, force: true }));

/** Where the broker listens that asks whether it is ready itself. */
const listener = createServer();
before(() => once(listener.listen(0, '127.0.0.1'), 'listening'));
after(() => listener.close());

/** One partition: its replicas, and which of them are in sync. */
type Partition = readonly [replicas: readonly number[], inSync: readonly number[]];

/** What each broker answers: the ids of the living and the partitions as it sees them. A broker left out is down. */
type Views = Readonly<
  Record<number, { readonly alive: readonly number[]; readonly partitions: readonly Partition[] }>
>;

const alive = [0, 1, 2];
const healthy: Views[number] = { alive, partitions: [[alive, alive]] };
/** What a broker answers that has just started. */
const empty: Views[number] = { alive: [], partitions: [] };

let runs = 0;

/** What kcat prints of a broker's metadata. */
function metadataLines({ alive, partitions }: Views[number]): string {
  return [
    'Metadata for all topics (from broker 0: kafka-0:9091/0):',
    ` ${alive.length} brokers:`,
    ...alive.map((id) => `  broker ${id} at kafka-${id}:9091${id === 0 ? ' (controller)' : ''}`),
    ` ${partitions.length > 0 ? 1 : 0} topics:`,
    ...(partitions.length > 0 ? [`  topic "events" with ${partitions.length} partitions:`] : []),
    ...partitions.map(([replicas, inSync], partition) => {
      const [leader = -1] = inSync;
      const why = leader === -1 ? ', Broker: Leader not available' : '';
      return `    partition ${partition}, leader ${leader}, replicas: ${replicas.join(',')}, isrs: ${inSync.join(',')}${why}`;
    }),
    '',
  ].join('\n');
}

/**
 * Runs a gate as broker `me` of three, with a `kcat` that answers for each broker what it is told to.
 *
 * @param pods whose names are known
 */
function run(
  script: string,
  me: number,
  views: Views,
  pods: readonly number[] = alive,
  environment: NodeJS.ProcessEnv = {},
): SpawnSyncReturns<string> & { readonly log: string } {
  const home = join(directory, String((runs += 1)));
  mkdirSync(join(home, 'bin'), { recursive: true });
  const own = environment['OWN_ADDRESS'] ?? `127.0.0.1:${(listener.address() as AddressInfo).port}`;
  const address = (id: number): string => (id === me && script === 'ready.sh' ? own : `kafka-${id}:9091`);
  writeFileSync(join(home, 'nodes'), alive.map((id) => `${id} ${address(id)}\n`).join(''));
  writeFileSync(join(home, 'kcat.properties'), '');
  for (const [id, view] of Object.entries(views)) {
    writeFileSync(join(home, `${address(Number(id))}.metadata`), metadataLines(view));
  }
  const programs = {
    kcat: `while getopts 'F:b:m:L' o; do [ $o = b ] && address=$OPTARG; done\ncat "${home}/$address.metadata"`,
    getent: `[[ " ${pods.map((id) => `kafka-${id}`).join(' ')} " == *" $2 "* ]]`,
  };
  for (const [name, script] of Object.entries(programs)) {
    writeFileSync(join(home, 'bin', name), `#!/bin/bash\n${script}\n`, { mode: 0o755 });
  }
  const log = join(home, 'log');
  const result = spawnSync(join(scripts, script), {
    encoding: 'utf8',
    timeout: 120_000,
    env: {
      PATH: `${join(home, 'bin')}${delimiter}${process.env['PATH'] ?? ''}`,
      HEADWATER_CONFIG: home,
      HEADWATER_LOG: log,
      HEADWATER_VOLUME: home,
      POD_INDEX: String(me),
      MIN_INSYNC_REPLICAS: '2',
      // bash counts whole seconds of the clock: one could be over at once.
      DEPARTURE_TIMEOUT_S: '2',
      ...environment,
    },
  });
  return { ...result, log: existsSync(log) ? readFileSync(log, 'utf8') : '' };
}

/** @param volume of the broker, that of its earlier looks. @default a new one */
function isReady(me: number, views: Views, volume?: string): boolean {
  const { status, stderr } = run('ready.sh', me, views, alive, {
    ...(volume !== undefined && { HEADWATER_VOLUME: volume }),
  });
  assert.equal(stderr, '');
  return status === 0;
}

/** Two peers of broker 2 that see the same. */
function seenByPeers(...partitions: readonly Partition[]): Views {
  return { 0: { alive, partitions }, 1: { alive, partitions } };
}

function makeVolume(): string {
  return mkdtempSync(join(directory, 'volume-'));
}

/** Whether the gate let the broker go at once, rather than at its timeout: by its own words, on a machine of any speed. */
function mayLeave(me: number, views: Views): boolean {
  const { status, stderr, log } = run('before-stop.sh', me, views);
  assert.equal(stderr, '');
  assert.equal(status, 0, 'a departure is held, never refused');
  const mayGo = log === 'before-stop: leaves: the others suffice\n';
  if (!mayGo) assert.match(log, /before-stop: leaves after 2 s although it is needed by .*\n$/);
  return mayGo;
}

test('a broker that its peers count in sync is ready', () => {
  assert.equal(isReady(2, { 0: healthy, 1: healthy, 2: healthy }), true);
});

test('a broker that does not listen is not ready, though its peers have not noticed', () => {
  const views = { 0: healthy, 1: healthy };
  assert.equal(run('ready.sh', 2, views).status, 0);
  assert.equal(run('ready.sh', 2, views, alive, { OWN_ADDRESS: '127.0.0.1:1' }).status, 1);
});

test('a broker that has just started, and knows of nothing, is not ready', () => {
  const behind: Views[number] = { alive, partitions: [[alive, [0, 1]]] };
  assert.equal(isReady(2, { 0: behind, 1: behind, 2: empty }), false);
});

test('one peer that has just started does not vouch for another', () => {
  const behind: Views[number] = { alive, partitions: [[alive, [0, 2]]] };
  assert.equal(isReady(1, { 0: empty, 1: empty, 2: behind }), false);
});

test('a broker without replicas is ready when its peers know it', () => {
  assert.equal(isReady(2, { 0: { alive: [0, 1, 2], partitions: [] }, 1: { alive, partitions: [] } }), true);
  assert.equal(
    isReady(2, { 0: { alive: [0, 1], partitions: [] }, 1: { alive: [0, 1], partitions: [] } }),
    false,
  );
});

test('a replica that is only being added leaves a broker ready, until it was in sync once', () => {
  const volume = makeVolume();
  const own: Partition = [alive, alive];
  const look = (...moving: Partition) => isReady(2, seenByPeers(own, moving), volume);
  assert.equal(look([0, 1], [0, 1]), true, 'before the reassignment');
  assert.equal(look([0, 1, 2], [0, 1]), true, 'while it is copied');
  assert.equal(look([0, 1, 2], alive), true, 'copied');
  assert.equal(look([1, 2], [1, 2]), true, 'at its end');
  assert.equal(look([1, 2], [1]), false, 'behind afterwards, like any other');
});

test('what is being added stays apart when the broker is started anew, but not on a new volume', () => {
  const volume = makeVolume();
  assert.equal(
    isReady(
      2,
      seenByPeers(
        [alive, alive],
        [
          [0, 1],
          [0, 1],
        ],
      ),
      volume,
    ),
    true,
  );
  const adding: Partition = [alive, [0, 1]];
  assert.equal(isReady(2, seenByPeers([alive, [0, 1]], adding), volume), false, 'its own is behind');
  assert.equal(isReady(2, seenByPeers([alive, alive], adding), volume), true, 'its own is back');
  assert.equal(isReady(2, seenByPeers([alive, alive], adding), makeVolume()), false, 'nothing is known');
});

test('a view that is behind the others makes no replica one that is being added', () => {
  const volume = makeVolume();
  const before: Views[number] = {
    alive,
    partitions: [
      [
        [0, 1],
        [0, 1],
      ],
    ],
  };
  const after: Views[number] = {
    alive,
    partitions: [
      [
        [1, 2],
        [1, 2],
      ],
    ],
  };
  assert.equal(isReady(2, { 0: before, 1: after }, volume), true);
  assert.equal(isReady(2, seenByPeers([[1, 2], [1]]), volume), false);
});

test('a topic whose partitions no broker leads is read like any other', () => {
  assert.equal(isReady(2, seenByPeers([alive, []])), false);
  assert.equal(isReady(2, seenByPeers([[0, 1], []])), true);
});

test('a broker whose volume takes no file is not ready, and says why', () => {
  const HEADWATER_VOLUME = join(directory, 'no-volume');
  const { status, stderr } = run(
    'ready.sh',
    2,
    seenByPeers([
      [0, 1],
      [0, 1],
    ]),
    alive,
    { HEADWATER_VOLUME },
  );
  assert.ok((status ?? 0) > 1);
  assert.match(stderr, /no-volume\/partitions-elsewhere/);
});

test('alone, a broker answers for itself', () => {
  const last: Views[number] = { alive: [2], partitions: [[alive, [2]]] };
  assert.equal(isReady(2, { 2: last }), true);
});

test('a broker that does not answer, and whose peers do not, is not ready', () => {
  assert.equal(isReady(2, {}), false);
});

test('a broker leaves at once where the others suffice', () => {
  assert.equal(mayLeave(1, { 0: healthy, 2: healthy, 1: healthy }), true);
});

test('a broker is held while another is down, and goes at the timeout', () => {
  const oneDown: Views[number] = { alive: [0, 1], partitions: [[alive, [0, 1]]] };
  assert.equal(mayLeave(1, { 0: oneDown, 1: oneDown }), false);
});

test('a broker that is in sync nowhere is not held: nothing depends on it', () => {
  const out: Views[number] = { alive, partitions: [[alive, [0]]] };
  assert.equal(mayLeave(1, { 0: out, 1: out, 2: out }), true);
});

test('the only replica is not held: waiting would bring no other', () => {
  const single: Views[number] = { alive, partitions: [[[1], [1]]] };
  assert.equal(mayLeave(1, { 0: single, 1: single, 2: single }), true);
});

test('two replicas with min.insync 2: the other one suffices, since there are no more', () => {
  const both: Views[number] = {
    alive,
    partitions: [
      [
        [0, 1],
        [0, 1],
      ],
    ],
  };
  const alone: Views[number] = { alive, partitions: [[[0, 1], [1]]] };
  assert.equal(mayLeave(1, { 0: both, 1: both, 2: both }), true);
  assert.equal(mayLeave(1, { 0: alone, 1: alone, 2: alone }), false);
});

test('a broker that nobody answers for is held', () => {
  assert.equal(mayLeave(1, {}), false);
});

test('the last broker is not held once no other has had a pod for a while: the whole set is going', () => {
  const last: Views[number] = { alive: [1], partitions: [[alive, [1]]] };
  const lastOfAll = run('before-stop.sh', 1, { 1: last }, [1], { GONE_S: '1', DEPARTURE_TIMEOUT_S: '20' });
  assert.equal(lastOfAll.status, 0, lastOfAll.stderr);
  assert.match(
    lastOfAll.log,
    /before-stop: leaves although it is needed: no other broker has had a pod for 1 s\n$/,
  );
  // One that is down but has a pod will be back.
  const lastAlive = run('before-stop.sh', 1, { 1: last }, [0, 1], {
    GONE_S: '1',
    DEPARTURE_TIMEOUT_S: '4',
  });
  assert.match(lastAlive.log, /before-stop: leaves after 4 s although it is needed by events-0\n$/);
});
