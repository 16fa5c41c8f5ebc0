import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pipelinePod, RESTRICTED } from '../../lab/pipeline-pod.ts';
import { labCluster, PIPELINE } from './lab-under-test.ts';
import { pidsOf, readOf } from './processes.ts';

interface Pod {
  readonly metadata: { readonly name: string; readonly uid: string };
  readonly status: { readonly phase: string };
}

test('every process of the pipeline runs confined, as the kernel sees it', async (t) => {
  const cluster = await labCluster();
  const { items } = cluster.get(PIPELINE, 'pods') as { items: readonly Pod[] };
  const running = items.filter(({ status }) => status.phase === 'Running');
  assert.ok(running.length >= 9, `only ${running.length} pods run`);
  let looked = 0;
  for (const { metadata } of running) {
    const processes = processesOf(metadata.uid);
    assert.ok(processes.length > 0, `${metadata.name}: no process found`);
    for (const { status, root, hasToken } of processes) {
      const field = (name: string): string => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? '';
      assert.deepEqual(
        {
          ...{
            capabilities: field('CapEff'),
            bounding: field('CapBnd'),
            noNewPrivileges: field('NoNewPrivs'),
          },
          ...{ seccomp: field('Seccomp'), isRoot: field('Uid').split(/\s/).includes('0') },
          ...{ readOnlyRoot: root.includes('ro'), hasToken },
        },
        {
          ...{ capabilities: NONE, bounding: NONE, noNewPrivileges: '1', seccomp: '2' },
          ...{ isRoot: false, readOnlyRoot: true, hasToken: false },
        },
        `${metadata.name}: ${field('Name')}`,
      );
      looked += 1;
    }
  }
  t.diagnostic(`${looked} processes of ${running.length} pods`);
});

test('nothing but restricted pods is admitted to the pipeline, whoever asks', async () => {
  const cluster = await labCluster();
  const create = (securityContext: object): { code: number; errors: string } =>
    cluster.try(['create', '--dry-run=server', '-f', '-'], JSON.stringify(pipelinePod(securityContext)));
  const taken = create(RESTRICTED);
  assert.equal(taken.code, 0, taken.errors);
  for (const loosened of [
    { privileged: true, allowPrivilegeEscalation: true },
    { capabilities: { drop: ['ALL'], add: ['NET_ADMIN'] } },
    { runAsNonRoot: false, runAsUser: 0 },
    { seccompProfile: { type: 'Unconfined' } },
  ]) {
    const { code, errors } = create({ ...RESTRICTED, ...loosened });
    assert.equal(code, 1, `admitted ${JSON.stringify(loosened)}`);
    assert.match(errors, /violates PodSecurity "restricted:/);
  }
});

/** In the image of the container that holds a pod's namespaces. */
const PAUSE = '/program';
const NONE = '0000000000000000';

interface ProcessView {
  readonly status: string;
  /** How its root is mounted. */
  readonly root: readonly string[];
  /** Whether a service account's token is mounted. */
  readonly hasToken: boolean;
}

/** Those of a pod's containers; the one that holds its namespaces is not ours, and is left out. */
function processesOf(uid: string): ProcessView[] {
  return pidsOf(uid).flatMap((pid) => {
    const [program = ''] = readOf(pid, 'cmdline')?.split('\0') ?? [];
    const [status, mounts] = [readOf(pid, 'status'), readOf(pid, 'mountinfo')];
    // A probe may have ended meanwhile.
    if (['', PAUSE].includes(program) || status === undefined || mounts === undefined) return [];
    // Wherever `/var/run` leads to in the image.
    const hasToken = mounts.includes('/secrets/kubernetes.io/serviceaccount ');
    return [{ status, root: mountOptions(mounts, '/'), hasToken }];
  });
}

/** Of the file system that is mounted there last; empty where none is. */
function mountOptions(mounts: string, path: string): string[] {
  const fields = mounts.split('\n').map((line) => line.split(' '));
  return fields.findLast(([, , , , target]) => target === path)?.[5]?.split(',') ?? [];
}
