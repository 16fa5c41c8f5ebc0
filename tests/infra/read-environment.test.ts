import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { allEnvironments } from './all-environments.ts';
import { environments } from '../../infra/environments/environments.ts';
import { kafkaMetadata } from '../../infra/environments/messaging.ts';
import { toBytes, toMs } from '../../infra/environments/quantities.ts';

const root = join(import.meta.dirname, '../..');
const directory = mkdtempSync(join(tmpdir(), 'headwater-synth-'));
after(() => rmSync(directory, { recursive: true, force: true }));

function synth(args: readonly string[], input?: unknown) {
  return spawnSync(process.execPath, [join(root, 'infra/synth.ts'), ...args], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, CDK8S_OUTDIR: directory },
    ...(input !== undefined && { input: JSON.stringify(input) }),
  });
}

test('the command that an error names makes the id of a cluster', () => {
  const clusterId = (id: string) =>
    kafkaMetadata.safeParse({
      mode: 'kraft',
      version: '4.4.0',
      controllers: { placement: 'combined' },
      clusterId: id,
    });
  const command = /from (node .*)$/.exec(clusterId('short').error?.issues[0]?.message ?? '')?.[1] ?? '';
  const { stdout } = spawnSync('sh', ['-c', command], { encoding: 'utf8' });
  assert.equal(clusterId(stdout.trimEnd()).success, true, stdout);
});

test('quantities are binary, and times carry their unit', () => {
  assert.equal(toBytes('20Gi'), 20 * 2 ** 30);
  assert.equal(toBytes('900Ki'), 900 * 1024);
  assert.equal(toMs('500ms'), 500);
  assert.equal(toMs('30s'), 30_000);
  assert.equal(toMs('5m'), 300_000);
  assert.equal(toMs('12h'), 43_200_000);
  assert.equal(toMs('7d'), 604_800_000);
});

test('synth writes where CDK8S_OUTDIR says, in the order of application', () => {
  const { status, stderr } = synth(['dev']);
  assert.equal(status, 0, stderr);
  assert.deepEqual(readdirSync(join(directory, 'dev')).sort(), [
    '0000-namespaces.k8s.yaml',
    '0001-messaging.k8s.yaml',
    '0002-collection.k8s.yaml',
    '0003-ingress.k8s.yaml',
    '0004-logging.k8s.yaml',
  ]);
});

test('synth takes an environment as JSON, and refuses its unknown keys', () => {
  const accepted = synth(['--file', '-'], environments.lab);
  assert.equal(accepted.status, 0, accepted.stderr);
  const refused = synth(['--file', '-'], { ...environments.lab, strickt: true, spread: 'wide' });
  assert.equal(refused.status, 1);
  assert.equal(
    refused.stderr,
    'error: environment is not well formed:\n- spread: must be one of required, preferred, got "wide"\n- strickt: unknown key, did you mean strict?\n',
  );
});

test('what was written before stays when a synthesis is refused', () => {
  const file = join(directory, 'lab.json');
  writeFileSync(file, JSON.stringify(environments.lab));
  assert.equal(synth(['--file', file]).status, 0);
  const before = readdirSync(join(directory, 'lab'));
  writeFileSync(file, JSON.stringify({ ...environments.lab, eventsTopic: 'other' }));
  assert.equal(synth(['--file', file]).status, 1);
  assert.deepEqual(readdirSync(join(directory, 'lab')), before);
});

test('an environment may have any name of a DNS label, and its manifests lie under that name', () => {
  const { status, stderr } = synth(['--file', '-'], { ...environments.lab, name: 'eu-production-2' });
  assert.equal(status, 0, stderr);
  assert.equal(readdirSync(join(directory, 'eu-production-2')).length, 5);
  const refused = synth(['--file', '-'], { ...environments.lab, name: '../Production' });
  assert.equal(
    refused.stderr,
    'error: environment is not well formed:\n- name: must be a DNS label (RFC 1123): at most 63 of a-z, 0-9 and -, no - at either end, got "../Production"\n',
  );
});

test('each environment and each example is listed by its name', () => {
  for (const [name, environment] of Object.entries(allEnvironments)) assert.equal(environment.name, name);
});

test('synth names the environments that there are', () => {
  const { status, stderr } = synth(['prod']);
  assert.equal(status, 2);
  assert.equal(
    stderr,
    `error: environment must be one of ${Object.keys(allEnvironments).join(', ')}, got prod\nnpx headwater synth --help names all options\n`,
  );
});
