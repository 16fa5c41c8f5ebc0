import { examples } from '../examples/examples.ts';
import { UsageError } from './command-line.ts';
import { environments } from './environments/environments.ts';

/** What a command takes by name: the project's own environments, then the examples. */
export const namedEnvironments: Readonly<Record<string, unknown>> = { ...environments, ...examples };

/** @throws {UsageError} that names all there are */
export function namedEnvironment(name: string | undefined): unknown {
  if (name !== undefined && Object.hasOwn(namedEnvironments, name)) return namedEnvironments[name];
  const known = Object.keys(namedEnvironments).join(', ');
  throw new UsageError(`environment must be one of ${known}, got ${name ?? 'none'}`);
}
