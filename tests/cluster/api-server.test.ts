import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { lab } from '../../infra/environments/lab.ts';
import { waitUntil } from '../../infra/local/wait.ts';
import { startApiServer, type ApiServer } from '../lab/api-server.ts';
import { KEDA_KINDS } from '../lab/custom-resources.ts';
import { pipelinePod, RESTRICTED } from '../lab/pipeline-pod.ts';
import { needs } from '../runner/needs.ts';

const MANIFESTS = join(import.meta.dirname, '../manifests/lab');

describe('a real API server', needs('etcd', 'openssl'), () => {
  let directory: string;
  let server: ApiServer;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'headwater-api-server-'));
    server = await startApiServer({ directory, controllerManager: true });
  });

  after(async () => {
    await server.stop();
    await rm(directory, { recursive: true });
  });

  it('takes every object of the lab, warns of the log collector alone, and finds nothing to change when they are applied again', () => {
    const { cluster } = server;
    cluster.define(KEDA_KINDS);

    const apply = (): string[] => {
      const args = ['apply', '--server-side', '--validate=strict', '-f', MANIFESTS];
      const { output, errors, code } = cluster.try(args);
      assert.equal(code, 0, errors);
      // It reads the node's files as root: the one exception to the restricted profile, and no further one.
      const warnings = errors.trimEnd().split('\n');
      assert.equal(warnings.length, 1, errors);
      assert.match(
        errors,
        /^Warning: would violate PodSecurity "restricted:latest": restricted volume types \(/,
      );
      const collector = `container "${lab.logging.collector}"`;
      assert.deepEqual(errors.match(/container "[^"]+"/g), [collector, collector]);
      return output.trimEnd().split('\n');
    };
    const generations = (): string => {
      const fields = '{.kind}/{.metadata.name} {.metadata.generation}{"\\n"}';
      return cluster.kubectl(['get', '-f', MANIFESTS, '-o', `jsonpath={range .items[*]}${fields}{end}`]);
    };
    const applied = apply();
    const files = readdirSync(MANIFESTS).map((file) => readFileSync(join(MANIFESTS, file), 'utf8'));
    assert.equal(applied.length, files.flatMap((text) => text.match(/^kind: /gm) ?? []).length);
    const before = generations();
    assert.deepEqual(apply(), applied);
    assert.equal(generations(), before);
  });

  it('refuses a privileged pod where the pipeline runs, and takes a restricted one', async () => {
    const create = (pod: object) =>
      server.cluster.try(['create', '--dry-run=server', '-f', '-'], JSON.stringify(pod));
    // A quota refuses everything until the controller has counted for the first time.
    await waitUntil(() => create(pipelinePod(RESTRICTED)).code === 0, {
      what: `a restricted pod taken: ${create(pipelinePod(RESTRICTED)).errors}`,
      deadlineMs: 60_000,
      everyMs: 500,
    });
    const privileged = { ...RESTRICTED, privileged: true, allowPrivilegeEscalation: true };
    const { errors, code } = create(pipelinePod(privileged));
    assert.equal(code, 1);
    assert.match(errors, /violates PodSecurity "restricted:[^"]+": privileged \(container "shell"/);
  });
});
