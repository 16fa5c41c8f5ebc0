import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { lab } from '../../infra/environments/lab.ts';
import { waitUntil } from '../../infra/local/wait.ts';
import { startApiServer, type ApiServer } from '../lab/api-server.ts';
import { SCALED_OBJECTS } from '../lab/custom-resources.ts';
import { pipelinePod, RESTRICTED } from '../lab/pipeline-pod.ts';

const MANIFESTS = join(import.meta.dirname, '../manifests/lab');

describe('a real API server', () => {
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

  const kubectl = (
    args: readonly string[],
    input?: object,
  ): { output: string; errors: string; code: number } => {
    const [program, ...words] = server.kubectl;
    const { stdout, stderr, status } = spawnSync(program, [...words, ...args], {
      encoding: 'utf8',
      timeout: 60_000,
      ...(input && { input: JSON.stringify(input) }),
    });
    return { output: stdout, errors: stderr, code: status ?? -1 };
  };

  it('takes every object of the lab, warns of the log collector alone, and finds nothing to change when they are applied again', () => {
    const definition = kubectl(['apply', '--server-side', '-f', '-'], SCALED_OBJECTS);
    assert.equal(definition.code, 0, definition.errors);
    const wait = ['--for=condition=Established', '--timeout=30s'];
    assert.equal(kubectl(['wait', ...wait, `crd/${SCALED_OBJECTS.metadata.name}`]).code, 0);

    const apply = (): string[] => {
      const args = ['apply', '--server-side', '--validate=strict', '-f', MANIFESTS];
      const { output, errors, code } = kubectl(args);
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
      const { output, errors, code } = kubectl([
        ...['get', '-f', MANIFESTS],
        ...['-o', `jsonpath={range .items[*]}${fields}{end}`],
      ]);
      assert.deepEqual({ code, errors }, { code: 0, errors: '' });
      return output;
    };
    const applied = apply();
    const files = readdirSync(MANIFESTS).map((file) => readFileSync(join(MANIFESTS, file), 'utf8'));
    assert.equal(applied.length, files.flatMap((text) => text.match(/^kind: /gm) ?? []).length);
    const before = generations();
    assert.deepEqual(apply(), applied);
    assert.equal(generations(), before);
  });

  it('refuses a privileged pod where the pipeline runs, and takes a restricted one', async () => {
    const dryRun = ['create', '--dry-run=server', '-f', '-'];
    // A quota refuses everything until the controller has counted for the first time.
    await waitUntil(() => kubectl(dryRun, pipelinePod(RESTRICTED)).code === 0, {
      what: `a restricted pod taken: ${kubectl(dryRun, pipelinePod(RESTRICTED)).errors}`,
      deadlineMs: 30_000,
      everyMs: 500,
    });
    const { errors, code } = kubectl(
      dryRun,
      pipelinePod({ ...RESTRICTED, privileged: true, allowPrivilegeEscalation: true }),
    );
    assert.equal(code, 1);
    assert.match(errors, /violates PodSecurity "restricted:[^"]+": privileged \(container "shell"/);
  });
});
