import { environments, type EnvironmentName } from '../../../infra/environments/environments.ts';

/** One configuration that is refused, and the words with which it is. */
export interface Refusal {
  readonly configuration: string;
  /** A path in an environment and the value that is put there; `undefined` takes the property away. */
  readonly changes: Readonly<Record<string, unknown>>;
  /** @default production */
  readonly environment?: EnvironmentName;
  readonly message: string;
}

/** The environment with the changes made, as a value that came from anywhere. */
export function changed({
  environment = 'production',
  changes,
}: Pick<Refusal, 'environment' | 'changes'>): unknown {
  const value: unknown = structuredClone(environments[environment]);
  for (const [path, replacement] of Object.entries(changes)) {
    const keys = path.split('.');
    const last = keys.pop() ?? '';
    const parent = keys.reduce<unknown>((current, key) => Reflect.get(Object(current) as object, key), value);
    Reflect.set(Object(parent) as object, last, structuredClone(replacement));
  }
  return value;
}
