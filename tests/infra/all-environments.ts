import { examples } from '../../examples/examples.ts';
import type { Environment } from '../../infra/environments/environment.ts';
import { environments } from '../../infra/environments/environments.ts';

/** What the project deploys, and what its users copy: one is held to all that the other is. */
export const allEnvironments: Readonly<Record<string, Environment>> = { ...environments, ...examples };
