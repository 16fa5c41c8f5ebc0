import assert from 'node:assert/strict';
import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, test } from 'node:test';
import { needs } from '../runner/needs.ts';

const scripts = join(import.meta.dirname, '../../images/kafka/bin');
const directory = mkdtempSync(join(tmpdir(), 'headwater-gates-'));
after(() => rmSync(directory, { recursive: true, force: true }));

const options = needs('jq');

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
  writeFileSync(join(home, 'nodes'), alive.map((id) => `${id} kafka-${id}:9091\n`).join(''));
  writeFileSync(join(home, 'kcat.properties'), '');
  for (const [id, view] of Object.entries(views)) {
    const partitions = view.partitions.map(([replicas, inSync], partition) => ({
      partition,
      replicas: replicas.map((replica) => ({ id: replica })),
      isrs: inSync.map((replica) => ({ id: replica })),
    }));
    const metadata = {
      brokers: view.alive.map((broker) => ({ id: broker })),
      topics: partitions.length > 0 ? [{ topic: 'events', partitions }] : [],
    };
    writeFileSync(join(home, `kafka-${id}:9091.json`), JSON.stringify(metadata));
  }
  const programs = {
    kcat: `while getopts 'F:b:m:LJ' o; do [ $o = b ] && address=$OPTARG; done\ncat "${home}/$address.json"`,
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
      POD_INDEX: String(me),
      MIN_INSYNC_REPLICAS: '2',
      // bash counts whole seconds of the clock: one could be over at once.
      DEPARTURE_TIMEOUT_S: '2',
      ...environment,
    },
  });
  return { ...result, log: existsSync(log) ? readFileSync(log, 'utf8') : '' };
}

function isReady(me: number, views: Views): boolean {
  const { status, stderr } = run('ready.sh', me, views);
  assert.equal(stderr, '');
  return status === 0;
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

test('a broker that its peers count in sync is ready', options, () => {
  assert.equal(isReady(2, { 0: healthy, 1: healthy, 2: healthy }), true);
});

test('a broker that has just started, and knows of nothing, is not ready', options, () => {
  const behind: Views[number] = { alive, partitions: [[alive, [0, 1]]] };
  assert.equal(isReady(2, { 0: behind, 1: behind, 2: empty }), false);
});

test('one peer that has just started does not vouch for another', options, () => {
  const behind: Views[number] = { alive, partitions: [[alive, [0, 2]]] };
  assert.equal(isReady(1, { 0: empty, 1: empty, 2: behind }), false);
});

test('a broker without replicas is ready when its peers know it', options, () => {
  assert.equal(isReady(2, { 0: { alive: [0, 1, 2], partitions: [] }, 1: { alive, partitions: [] } }), true);
  assert.equal(
    isReady(2, { 0: { alive: [0, 1], partitions: [] }, 1: { alive: [0, 1], partitions: [] } }),
    false,
  );
});

test('alone, a broker answers for itself', options, () => {
  const last: Views[number] = { alive: [2], partitions: [[alive, [2]]] };
  assert.equal(isReady(2, { 2: last }), true);
});

test('a broker that does not answer, and whose peers do not, is not ready', options, () => {
  assert.equal(isReady(2, {}), false);
});

test('a broker leaves at once where the others suffice', options, () => {
  assert.equal(mayLeave(1, { 0: healthy, 2: healthy, 1: healthy }), true);
});

test('a broker is held while another is down, and goes at the timeout', options, () => {
  const oneDown: Views[number] = { alive: [0, 1], partitions: [[alive, [0, 1]]] };
  assert.equal(mayLeave(1, { 0: oneDown, 1: oneDown }), false);
});

test('a broker that is in sync nowhere is not held: nothing depends on it', options, () => {
  const out: Views[number] = { alive, partitions: [[alive, [0]]] };
  assert.equal(mayLeave(1, { 0: out, 1: out, 2: out }), true);
});

test('the only replica is not held: waiting would bring no other', options, () => {
  const single: Views[number] = { alive, partitions: [[[1], [1]]] };
  assert.equal(mayLeave(1, { 0: single, 1: single, 2: single }), true);
});

test('two replicas with min.insync 2: the other one suffices, since there are no more', options, () => {
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

test('a broker that nobody answers for is held', options, () => {
  assert.equal(mayLeave(1, {}), false);
});

test(
  'the last broker is not held once no other has had a pod for a while: the whole set is going',
  options,
  () => {
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
  },
);
