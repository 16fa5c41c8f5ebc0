import { App, Chart, Testing } from 'cdk8s';

/** One Kubernetes object as the API server would get it. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly [field: string]: unknown;
}

/** Objects of what is built into an empty chart; throws what their construct requires and did not get. */
export function synthesize(build: (chart: Chart) => void): readonly Manifest[] {
  const chart = new Chart(new App(), 'test', { disableResourceNameHashes: true });
  build(chart);
  return Testing.synth(chart) as readonly Manifest[];
}

/** The one object of this kind and name. */
export function find(manifests: readonly Manifest[], kind: string, name: string): Manifest {
  const found = manifests.filter((manifest) => manifest.kind === kind && manifest.metadata.name === name);
  const [manifest] = found;
  if (manifest === undefined || found.length > 1) {
    const present = manifests.map((other) => `${other.kind}/${other.metadata.name}`).join(', ');
    throw new Error(`expected one ${kind}/${name}, found ${found.length} among ${present}`);
  }
  return manifest;
}

/** The value at a path of keys and array positions: `valueAt(set, 'spec', 'template', 'spec', 'containers', 0)`. */
export function valueAt(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (current, key) =>
      typeof current === 'object' && current !== null ? Reflect.get(current, key) : undefined,
    value,
  );
}
