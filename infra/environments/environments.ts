import { dev } from './dev.ts';
import type { Environment } from './environment.ts';
import { lab } from './lab.ts';
import { production } from './production.ts';
import { staging } from './staging.ts';

/** Every environment by its name. */
export const environments: Readonly<Record<Environment['name'], Environment>> = {
  dev,
  staging,
  production,
  lab,
};
