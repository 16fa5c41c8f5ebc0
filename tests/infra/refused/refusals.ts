import { collectionRefusals } from './collection.ts';
import { loggingRefusals } from './logging.ts';
import { messagingRefusals } from './messaging.ts';
import type { Refusal } from './refusal.ts';
import { surroundingRefusals } from './surroundings.ts';

/** The lines of reference for every configuration that must not reach YAML; `docs/refused-configurations.md` is made of it. */
export const refusals: readonly Refusal[] = [
  ...messagingRefusals,
  ...collectionRefusals,
  ...loggingRefusals,
  ...surroundingRefusals,
];
