import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiObject } from 'cdk8s';

/**
 * Milliseconds from the start of the process until the manifests of every environment are written, and how many objects
 * they hold. Once cold, as a command is run: `node tests/bench/synth.ts [--json]`.
 */
const { environments } = await import('../../infra/environments/environments.ts');
const { buildPlatform } = await import('../../infra/platform.ts');
const { writeManifests } = await import('../../infra/write-manifests.ts');
const loadedMs = performance.now();

const directory = mkdtempSync(join(tmpdir(), 'headwater-bench-'));
let objects = 0;
try {
  for (const environment of Object.values(environments)) {
    const app = buildPlatform(environment);
    writeManifests(app, join(directory, environment.name));
    objects += app.node.findAll().filter((construct) => ApiObject.isApiObject(construct)).length;
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}
const totalMs = performance.now();

const result = {
  environments: Object.keys(environments).length,
  objects,
  loadMs: Math.round(loadedMs),
  totalMs: Math.round(totalMs),
};
console.log(
  process.argv.includes('--json')
    ? JSON.stringify(result)
    : `${result.environments} environments, ${result.objects} objects: ${result.totalMs} ms, ${result.loadMs} ms of them loading`,
);
