import { dev } from './dev.ts';
import type { Environment } from './environment.ts';
import { lab } from './lab.ts';
import { production } from './production.ts';
import { staging } from './staging.ts';

/** Every environment by its name. To add one, add a file here and its name to this list. */
export const environments = {
  dev,
  staging,
  production,
  lab,
} as const satisfies Readonly<Record<string, Environment>>;

export type EnvironmentName = keyof typeof environments;
