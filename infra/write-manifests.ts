import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { App } from 'cdk8s';
import { renderYaml } from './constructs/workloads/render-yaml.ts';

/**
 * Writes one file for each chart, numbered in the order in which they are applied: `0000-namespaces.k8s.yaml`. cdk8s' own
 * `synth()` writes YAML 1.1, in which `0o17` needs no quotes; kubectl reads it as 15.
 *
 * @param directory Is made where it is missing.
 */
export function writeManifests(app: App, directory: string): void {
  mkdirSync(directory, { recursive: true });
  for (const [index, chart] of app.charts.entries()) {
    const file = `${String(index).padStart(4, '0')}-${chart.node.id}.k8s.yaml`;
    writeFileSync(join(directory, file), renderYaml(...(chart.toJson() as unknown[])));
  }
}
